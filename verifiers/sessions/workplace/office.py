"""Visits of the site, tasks of projects and customers."""

from pydantic import JsonValue

from temper.verifiers.sessions.workplace.generator import BOARDS, LISTS, PRODUCTS, STATUSES
from temper.verifiers.sessions.workplace.reading import columns_of, counted, page_of, within, words_in
from temper.verifiers.sessions.workplace.store import Row, Store

NO_TASK, NO_CUSTOMER = "Task not found.", "Customer not found."
PLOTTED = ("total_visits", "session_duration_seconds", "user_engaged", "visits_direct", "visits_referral",
           "visits_search_engine", "visits_social_media")  # fmt: skip
TASK_FIELDS = ("task_name", "assigned_to_email", "list_name", "due_date", "board")
CUSTOMER_FIELDS = ("customer_name", "assigned_to_email", "customer_email", "customer_phone", "last_contact_date",
                   "product_interest", "status", "notes", "follow_up_by")  # fmt: skip


def _visits(store: Store, low: str | None, high: str | None) -> list[Row]:
    return store.where("visits", lambda row: within(row["date_of_visit"], low, high))


def visitor_by_id(store: Store, visitor_id: str) -> JsonValue:
    found: list[JsonValue] = [dict(row) for row in store.where("visits", lambda row: row["visitor_id"] == visitor_id)]
    return found or "Visitor not found."


def create_plot(store: Store, time_min: str, time_max: str, value_to_plot: str, plot_type: str) -> JsonValue:
    if value_to_plot not in PLOTTED:
        return f"Value to plot must be one of {', '.join(PLOTTED)}."
    if plot_type not in ("bar", "line", "scatter", "histogram"):
        return "Plot type must be one of 'bar', 'line', 'scatter', or 'histogram'."
    path = f"plots/{time_min}_{time_max}_{value_to_plot}_{plot_type}.png"
    store.add("plots", {"file_path": path})
    return path


def total_visits(store: Store, time_min: str | None = None, time_max: str | None = None) -> JsonValue:
    return counted(str(row["date_of_visit"]) for row in _visits(store, time_min, time_max))


def engaged_users(store: Store, time_min: str | None = None, time_max: str | None = None) -> JsonValue:
    rows = _visits(store, time_min, time_max)
    found: dict[str, JsonValue] = dict.fromkeys(sorted({str(row["date_of_visit"]) for row in rows}), 0)
    return found | counted(str(row["date_of_visit"]) for row in rows if row["user_engaged"] == "True")


def traffic_source(
    store: Store, time_min: str | None = None, time_max: str | None = None, traffic_source: str | None = None
) -> JsonValue:
    rows = _visits(store, time_min, time_max)
    found: dict[str, JsonValue] = dict.fromkeys(sorted({str(row["date_of_visit"]) for row in rows}), 0)
    wanted = [row for row in rows if not traffic_source or row["traffic_source"] == traffic_source]
    return found | counted(str(row["date_of_visit"]) for row in wanted)


def average_duration(store: Store, time_min: str | None = None, time_max: str | None = None) -> JsonValue:
    days: dict[str, list[int]] = {}
    for row in _visits(store, time_min, time_max):
        days.setdefault(str(row["date_of_visit"]), []).append(int(str(row["session_duration_seconds"])))
    return {day: sum(of) / len(of) for day, of in sorted(days.items())}


def task_by_id(store: Store, task_id: str, field: str) -> JsonValue:
    return columns_of(store.find("tasks", task_id), field, NO_TASK)


def search_tasks(
    store: Store,
    task_name: str | None = None,
    assigned_to_email: str | None = None,
    list_name: str | None = None,
    due_date: str | None = None,
    board: str | None = None,
) -> JsonValue:
    asked = {"task_name": task_name, "assigned_to_email": assigned_to_email, "list_name": list_name,
             "due_date": due_date, "board": board}  # fmt: skip
    given = {field: value for field, value in asked.items() if value}
    if not given:
        return "No search parameters provided."
    found = store.where("tasks", lambda row: all(words_in(value, row, [field]) for field, value in given.items()))
    return [dict(row) for row in found]


def create_task(
    store: Store, task_name: str, assigned_to_email: str, list_name: str, due_date: str, board: str
) -> JsonValue:
    if wrong := _wrong_task("list_name", list_name) or _wrong_task("board", board):
        return wrong
    if not any(row["email"] == assigned_to_email.lower() for row in store.tables["people"]):
        return "Assignee email not valid. Please choose from the list of team members."
    return store.add("tasks", {
        "task_name": task_name, "assigned_to_email": assigned_to_email.lower(), "list_name": list_name,
        "due_date": due_date, "board": board,
    })  # fmt: skip


def delete_task(store: Store, task_id: str) -> JsonValue:
    return "Task deleted successfully." if store.remove("tasks", task_id) else NO_TASK


def update_task(store: Store, task_id: str, field: str, new_value: str) -> JsonValue:
    if field not in TASK_FIELDS:
        return "Field not valid."
    if wrong := _wrong_task(field, new_value):
        return wrong
    value = new_value.lower() if field == "assigned_to_email" else new_value
    return "Task updated successfully." if store.change("tasks", task_id, field, value) else NO_TASK


def _wrong_task(field: str, value: str) -> str:
    known = {"list_name": LISTS, "board": BOARDS}.get(field, ())
    return f"Invalid {field}; choose one of {', '.join(known)}." if known and value not in known else ""


def search_customers(
    store: Store,
    customer_name: str | None = None,
    customer_email: str | None = None,
    product_interest: str | None = None,
    status: str | None = None,
    assigned_to_email: str | None = None,
    last_contact_date_min: str | None = None,
    last_contact_date_max: str | None = None,
    follow_up_by_min: str | None = None,
    follow_up_by_max: str | None = None,
    page: int | None = None,
    page_size: int | None = None,
) -> JsonValue:
    asked = {"customer_name": customer_name, "customer_email": customer_email, "product_interest": product_interest,
             "status": status, "assigned_to_email": assigned_to_email}  # fmt: skip
    given = {field: value for field, value in asked.items() if value}

    def wanted(row: Row) -> bool:
        return (
            all(words_in(value, row, [field]) for field, value in given.items())
            and within(row["last_contact_date"], last_contact_date_min, last_contact_date_max)
            and within(row["follow_up_by"], follow_up_by_min, follow_up_by_max)
        )

    return page_of(store.where("customers", wanted), "customers", page, page_size)


def update_customer(store: Store, customer_id: str, field: str, new_value: str) -> JsonValue:
    if field not in CUSTOMER_FIELDS:
        return "Field not valid."
    if wrong := _wrong_customer(field, new_value):
        return wrong
    value = new_value.lower() if field in ("customer_email", "assigned_to_email") else new_value
    return "Customer updated successfully." if store.change("customers", customer_id, field, value) else NO_CUSTOMER


def add_customer(
    store: Store,
    customer_name: str,
    assigned_to_email: str,
    status: str,
    customer_email: str | None = None,
    customer_phone: str | None = None,
    last_contact_date: str | None = None,
    product_interest: str | None = None,
    notes: str = "",
    follow_up_by: str | None = None,
) -> JsonValue:
    if wrong := _wrong_customer("status", status) or _wrong_customer("product_interest", product_interest):
        return wrong
    return store.add("customers", {
        "assigned_to_email": assigned_to_email.lower(), "customer_name": customer_name,
        "customer_email": customer_email and customer_email.lower(), "customer_phone": customer_phone,
        "last_contact_date": last_contact_date, "product_interest": product_interest, "status": status,
        "follow_up_by": follow_up_by, "notes": notes,
    })  # fmt: skip


def delete_customer(store: Store, customer_id: str) -> JsonValue:
    return "Customer deleted successfully." if store.remove("customers", customer_id) else NO_CUSTOMER


def _wrong_customer(field: str, value: str | None) -> str:
    known = {"status": STATUSES, "product_interest": PRODUCTS}.get(field, ())
    return f"Invalid {field}; choose one of {', '.join(known)}." if known and value and value not in known else ""
