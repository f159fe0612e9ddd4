"""The directory, mail and the calendar."""

from pydantic import JsonValue

from temper.verifiers.sessions.workplace.generator import NOW
from temper.verifiers.sessions.workplace.reading import columns_of, page_of, within, words_in
from temper.verifiers.sessions.workplace.store import Store

MISSING, NO_EVENT = "Email not found.", "Event not found."


def find_address(store: Store, name: str = "") -> JsonValue:
    wanted = name.lower()
    return [row["email"] for row in store.tables["people"] if wanted in str(row["email"]).lower()]


def email_by_id(store: Store, email_id: str, field: str) -> JsonValue:
    return columns_of(store.find("emails", email_id), field, MISSING)


def search_emails(
    store: Store,
    query: str = "",
    date_min: str | None = None,
    date_max: str | None = None,
    page: int | None = None,
    page_size: int | None = None,
) -> JsonValue:
    """The newest first."""
    columns = ("subject", "body", "sender/recipient")
    found = store.where(
        "emails", lambda row: words_in(query, row, columns) and within(row["sent_datetime"], date_min, date_max)
    )
    return page_of(sorted(found, key=lambda row: str(row["sent_datetime"]), reverse=True), "emails", page, page_size)


def send_email(store: Store, recipient: str, subject: str, body: str) -> JsonValue:
    if "@" not in recipient or "." not in recipient:
        return "Invalid recipient email address."
    store.add("emails", {
        "inbox/outbox": "outbox", "sender/recipient": recipient.lower(), "subject": subject,
        "sent_datetime": f"{NOW:%Y-%m-%d %H:%M:%S}", "body": body,
    })  # fmt: skip
    return "Email sent successfully."


def delete_email(store: Store, email_id: str) -> JsonValue:
    return "Email deleted successfully." if store.remove("emails", email_id) else MISSING


def forward_email(store: Store, email_id: str, recipient: str) -> JsonValue:
    row = store.find("emails", email_id)
    if row is None:
        return MISSING
    said = send_email(store, recipient, f"FW: {row['subject']}", str(row["body"]))
    return "Email forwarded successfully." if said == "Email sent successfully." else said


def reply_email(store: Store, email_id: str, body: str) -> JsonValue:
    row = store.find("emails", email_id)
    if row is None:
        return MISSING
    send_email(store, str(row["sender/recipient"]), str(row["subject"]), body)
    return "Email replied successfully."


def event_by_id(store: Store, event_id: str, field: str) -> JsonValue:
    return columns_of(store.find("events", event_id), field, NO_EVENT)


def search_events(
    store: Store,
    query: str = "",
    time_min: str | None = None,
    time_max: str | None = None,
    page: int | None = None,
    page_size: int | None = None,
) -> JsonValue:
    columns = ("event_name", "participant_email")
    found = store.where(
        "events", lambda row: words_in(query, row, columns) and within(row["event_start"], time_min, time_max)
    )
    return page_of(found, "events", page, page_size)


def create_event(store: Store, event_name: str, participant_email: str, event_start: str, duration: str) -> JsonValue:
    if "@" not in participant_email:
        return "Invalid participant email."
    return store.add("events", {
        "event_name": event_name, "participant_email": participant_email.lower(), "event_start": event_start,
        "duration": duration,
    })  # fmt: skip


def delete_event(store: Store, event_id: str) -> JsonValue:
    return "Event deleted successfully." if store.remove("events", event_id) else NO_EVENT


def update_event(store: Store, event_id: str, field: str, new_value: str) -> JsonValue:
    if field not in ("event_name", "participant_email", "event_start", "duration"):
        return "Field not found."
    value = new_value.lower() if field == "participant_email" else new_value
    return "Event updated successfully." if store.change("events", event_id, field, value) else NO_EVENT
