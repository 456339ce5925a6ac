"""The page that shows the OpenAPI document to a person: server-made, no script, nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as RedirectResponse

from apcv_backend.api import DocumentedApi

_METHODS = ("get", "post", "put", "patch", "delete")


def make_docs_blueprint(api: DocumentedApi) -> Blueprint:
    """`/docs` and the redirection of `/` to it."""
    blueprint = Blueprint("docs", __name__, template_folder="templates", static_folder="static")

    @blueprint.get("/docs")
    def page() -> Response:
        spec = api.spec.to_dict()
        html = render_template("docs.html", info=spec["info"], operations=_operations(spec), spec=spec)
        return Response(html, content_type="text/html; charset=utf-8")

    @blueprint.get("/")
    def front_door() -> RedirectResponse:
        return redirect(url_for("docs.page"))

    return blueprint


def _operations(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Every operation, flat, in the order of the document: what the template prints, row by row."""
    rows = []
    for path, item in spec["paths"].items():
        for method in _METHODS:
            if method not in item:
                continue
            operation = item[method]
            rows.append(
                {
                    "method": method.upper(),
                    "path": path,
                    "anchor": f"{method}{path.replace('/', '-')}",
                    "summary": operation.get("summary", ""),
                    "description": operation.get("description", ""),
                    "parameters": [
                        _resolved(spec, p)
                        for p in item.get("parameters", []) + operation.get("parameters", [])
                    ],
                    "fields": _fields(spec, _schema_of(operation.get("requestBody", {}))),
                    "answers": [
                        {
                            "status": status,
                            "description": _resolved(spec, answer).get("description", ""),
                            "fields": _fields(spec, _schema_of(_resolved(spec, answer))),
                        }
                        for status, answer in sorted(operation.get("responses", {}).items())
                        if status != "default"
                    ],
                }
            )
    return rows


def _schema_of(body: dict[str, Any]) -> dict[str, Any]:
    for media in body.get("content", {}).values():
        schema: dict[str, Any] = media.get("schema", {})
        return schema
    return {}


def _resolved(spec: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow one `$ref` into the document itself."""
    reference = node.get("$ref")
    if not reference:
        return node
    found: Any = spec
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def _meaning(member: dict[str, Any]) -> str:
    """What a member is: its description, the values it may take, its bounds, an example."""
    told = [str(member["description"])] if member.get("description") else []
    if "const" in member:
        told.append(f"Toujours « {member['const']} ».")
    elif "enum" in member:
        told.append("Parmi : " + ", ".join(f"« {value} »" for value in member["enum"]) + ".")
    least, most = member.get("minLength"), member.get("maxLength")
    if most is not None:
        told.append(f"{most} caractères." if least == most else f"Au plus {most} caractères.")
    if "example" in member:
        told.append(f"Exemple : {member['example']}")
    return " ".join(told)


def _fields(
    spec: dict[str, Any], schema: dict[str, Any], prefix: str = "", depth: int = 0
) -> list[dict[str, Any]]:
    """The members of a schema, nested ones with their path."""
    schema = _resolved(spec, schema)
    if schema.get("type") == "array":
        return _fields(spec, schema.get("items", {}), prefix + "[]", depth)
    rows = []
    for name, member in schema.get("properties", {}).items():
        child = _resolved(spec, member)
        path = f"{prefix}.{name}" if prefix else name
        rows.append(
            {
                "path": path,
                "type": child.get("type", ""),
                "required": name in schema.get("required", []),
                "description": _meaning(child),
            }
        )
        if depth < 3:  # noqa: PLR2004 - deeper than any body we have
            rows += _fields(spec, child, path, depth + 1)
    return rows
