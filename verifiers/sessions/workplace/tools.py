"""The 27 tools of the workplace by name, and their signatures as they are given to a model.

Names and arguments are those of NeMo-Gym's workplace assistant; a signature is read off the function.
"""

import inspect
from collections.abc import Callable

from pydantic import JsonValue

from temper.verifiers.sessions.session import Tool
from temper.verifiers.sessions.workplace import mail, office

Act = Callable[..., JsonValue]
"""(store, arguments by name) -> the result."""
MAIL, CALENDAR, VISITS = "email_", "calendar_", "analytics_"
TASKS, CUSTOMERS = "project_management_", "customer_relationship_manager_"

TOOLS: dict[str, tuple[Act, str]] = {
    "company_directory_find_email_address": (mail.find_address, "Finds the email addresses that contain a name."),
    f"{MAIL}get_email_information_by_id": (mail.email_by_id, "Returns one field of an email."),
    f"{MAIL}search_emails": (mail.search_emails, "Finds emails whose subject, body or sender hold all words."),
    f"{MAIL}send_email": (mail.send_email, "Sends an email."),
    f"{MAIL}delete_email": (mail.delete_email, "Deletes an email."),
    f"{MAIL}forward_email": (mail.forward_email, "Forwards an email."),
    f"{MAIL}reply_email": (mail.reply_email, "Replies to an email."),
    f"{CALENDAR}get_event_information_by_id": (mail.event_by_id, "Returns one field of an event."),
    f"{CALENDAR}search_events": (mail.search_events, "Finds events whose name or participant hold all words."),
    f"{CALENDAR}create_event": (mail.create_event, "Creates an event and returns its id."),
    f"{CALENDAR}delete_event": (mail.delete_event, "Deletes an event."),
    f"{CALENDAR}update_event": (mail.update_event, "Changes one field of an event."),
    f"{VISITS}get_visitor_information_by_id": (office.visitor_by_id, "Returns the visits of one visitor."),
    f"{VISITS}create_plot": (office.create_plot, "Plots a value over a time range and returns the file."),
    f"{VISITS}total_visits_count": (office.total_visits, "Returns the number of visits of each day."),
    f"{VISITS}engaged_users_count": (office.engaged_users, "Returns the number of engaged users of each day."),
    f"{VISITS}traffic_source_count": (office.traffic_source, "Returns the visits of each day from one source."),
    f"{VISITS}get_average_session_duration": (office.average_duration, "Returns each day's mean session in seconds."),
    f"{TASKS}get_task_information_by_id": (office.task_by_id, "Returns one field of a task."),
    f"{TASKS}search_tasks": (office.search_tasks, "Finds tasks by what their fields hold."),
    f"{TASKS}create_task": (office.create_task, "Creates a task and returns its id."),
    f"{TASKS}delete_task": (office.delete_task, "Deletes a task."),
    f"{TASKS}update_task": (office.update_task, "Changes one field of a task."),
    f"{CUSTOMERS}search_customers": (office.search_customers, "Finds customers by what their fields hold."),
    f"{CUSTOMERS}update_customer": (office.update_customer, "Changes one field of a customer."),
    f"{CUSTOMERS}add_customer": (office.add_customer, "Adds a customer and returns the id."),
    f"{CUSTOMERS}delete_customer": (office.delete_customer, "Deletes a customer."),
}
ARGUMENTS = {
    "query": "Words to look for",
    "date_min": "First day, YYYY-MM-DD",
    "date_max": "Last day, YYYY-MM-DD",
    "time_min": "From when on",
    "time_max": "Until when",
    "page": "Which page of the results, from 1",
    "page_size": "Results on a page",
    "field": "Name of the field",
    "event_start": "Start, YYYY-MM-DD HH:MM:SS",
    "duration": "Minutes",
    "due_date": "Day, YYYY-MM-DD",
    "list_name": "One of Backlog, In Progress, In Review, Completed",
    "board": "One of Back end, Front end, Design",
    "value_to_plot": f"One of {', '.join(office.PLOTTED)}",
    "plot_type": "One of bar, line, scatter, histogram",
}
"""What an argument's name does not say."""


def signatures() -> list[Tool]:
    return [signature(name, act, text) for name, (act, text) in TOOLS.items()]


def signature(name: str, act: Act, text: str) -> Tool:
    arguments = list(inspect.signature(act).parameters.values())[1:]  # the first one is the store
    properties: dict[str, JsonValue] = {}
    for argument in arguments:
        kind = "integer" if argument.annotation == int | None else "string"
        said = ARGUMENTS.get(argument.name, argument.name.replace("_", " ").capitalize())
        properties[argument.name] = {"type": kind, "description": said}
    required: list[JsonValue] = [one.name for one in arguments if one.default is inspect.Parameter.empty]
    parameters: dict[str, JsonValue] = {
        "type": "object", "properties": properties, "required": required, "additionalProperties": False,
    }  # fmt: skip
    return {"type": "function", "function": {"name": name, "description": text, "parameters": parameters}}
