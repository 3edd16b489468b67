"""Reading a request strictly: what JSON, Flask and marshmallow would let pass is refused here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import wraps
from typing import Any, ClassVar, NoReturn, cast

import marshmallow
from flask import Request, Response, current_app, g, request
from flask.json.provider import DefaultJSONProvider
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import ValidationError

from wallet_service.api.protocol import BodyTooLarge, UnsupportedMediaType
from wallet_service.api.straight import Reader, Writer
from wallet_service.errors import InvalidRequest

LARGEST_JSON_BYTES = 1_048_576
DEEPEST = 32
LONGEST_NUMBER = 18
_MOST_ERRORS = 100
_LONGEST_NAME = 64
_DESCRIPTION = "_apidoc"  # Where flask-smorest keeps what it will say of a view.


class View(marshmallow.Schema):
    """What leaves: each field is the attribute of its name, and always there unless it is among the *OPTIONAL* ones."""

    OPTIONAL: ClassVar[frozenset[str]] = frozenset()

    def on_bind_field(self, field_name: str, field_obj: marshmallow.fields.Field[Any]) -> None:
        """Document a field as one that is always there."""
        field_obj.required = field_name not in self.OPTIONAL

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the attribute; one that is missing is a mistake of ours and fails."""
        return getattr(obj, attr)


class Asked(marshmallow.Schema):
    """What arrives: unknown fields are refused, and so is null: a field without a value is left out."""

    LARGEST_BYTES: ClassVar[int] = LARGEST_JSON_BYTES

    class Meta:
        unknown = marshmallow.RAISE

    def on_bind_field(self, field_name: str, field_obj: marshmallow.fields.Field[Any]) -> None:
        """Refuse null, which marshmallow would take wherever a field is None when it is left out."""
        field_obj.allow_none = False


class Nothing(Asked):
    """A body without fields; it may be left out."""

    BODY_IS_OPTIONAL = True


class Blueprint(SmorestBlueprint):
    """A group of routes: requests are read strictly, and only described by flask-smorest; answers likewise.

    Its decorators leave the description that flask-smorest's leave, around less: no parser is built, no coroutine is
    asked after, nothing is kept for an entity tag, at each request.
    """

    def arguments(self, schema: marshmallow.Schema, **options: Any) -> Callable[[Any], Any]:
        """Hand what is asked, read by *schema* from the body or (``location="query"``) the query, to the view."""
        describe = super().arguments(schema, **options)
        read = _READERS[options.get("location", "json")]
        reader = Reader(schema)

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def reading(*given: Any, **path: Any) -> Any:
                sent = read(request, schema)
                try:
                    asked = reader.read(sent)
                except ValidationError as error:
                    raise InvalidRequest(legible(cast(dict[str, Any], error.messages))) from None
                return view(*given, asked, **path)

            return _described(reading, describe(view))

        return decorate

    def response(
        self, status_code: int, schema: marshmallow.Schema | None = None, **options: Any
    ) -> Callable[[Any], Any]:
        """Answer with what the view returns, written by *schema*; a Response leaves as it is."""
        describe = super().response(status_code, schema, **options)
        if not isinstance(schema, marshmallow.Schema):
            return cast(Callable[[Any], Any], describe)
        writer = Writer(schema)

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def writing(*given: Any, **path: Any) -> Any:
                answer = view(*given, **path)
                told, headers = answer if type(answer) is tuple else (answer, None)
                if isinstance(told, Response):
                    return answer
                response = Response(written(writer.write(told)), status_code, mimetype="application/json")
                if headers:
                    response.headers.extend(headers)
                return response

            return _described(writing, describe(view))

        return decorate

    @staticmethod
    def doc(**options: Any) -> Callable[[Any], Any]:
        """Add to the description of a view."""
        describe = SmorestBlueprint.doc(**options)
        return lambda view: _described(view, describe(view))

    def _prepare_arguments_doc(self, doc: Any, doc_info: Any, **context: Any) -> Any:
        """Document the arguments, but no answer of their own: what is wrong with them is a problem like any other."""
        doc_info.get("arguments", {}).pop("responses", None)
        return super()._prepare_arguments_doc(doc, doc_info, **context)


def body() -> Any:
    """Return the parsed body of the request at work, as it was sent."""
    return g.get("body", {})


def read_json(content: bytes) -> dict[str, Any]:
    """Return the object that a JSON text says.

    Raises:
        InvalidRequest: it is not UTF-8 or JSON, not an object, nested deeper than 32, or has a name twice, NaN,
            Infinity, or a number of more than 18 digits.
    """
    try:
        found = _DECODER.decode(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise _unreadable("It is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise _unreadable(f"It is not JSON: {error.msg} at character {error.pos}.") from None
    except RecursionError:
        raise _unreadable(_TOO_DEEP) from None
    if not isinstance(found, dict):
        raise _unreadable("It must be a JSON object.")
    if content.count(b"{") + content.count(b"[") > DEEPEST:
        _refuse_depth(found)
    return found


def written(content: Any) -> str:
    """Return the JSON text of an answer's content."""
    return f"{_ENCODER.encode(content)}\n"


def single_parameters(req: Request) -> dict[str, str]:
    """Return the query's parameters.

    Raises:
        InvalidRequest: one is repeated.
    """
    repeated = {name: ["Give it once."] for name, values in req.args.lists() if len(values) > 1}
    if repeated:
        raise InvalidRequest(legible(repeated))
    return req.args.to_dict()


def refuse_parameters_nobody_reads() -> None:
    """Refuse the request at work if it has a query and its view reads none.

    Raises:
        InvalidRequest.
    """
    if (
        request.query_string
        and request.args
        and request.endpoint is not None
        and not _reads_query(current_app.view_functions[request.endpoint])
    ):
        raise InvalidRequest(legible({name: ["Unknown field."] for name in request.args}))


def legible(errors: Mapping[Any, Any]) -> dict[str, Any]:
    """Return errors by field, of bounded size whatever was sent."""
    found: dict[str, Any] = {}
    for name, what in list(errors.items())[:_MOST_ERRORS]:
        found[str(name)[:_LONGEST_NAME]] = legible(what) if isinstance(what, Mapping) else what
    return found


def _described(view: Any, by: Any) -> Callable[..., Any]:
    setattr(view, _DESCRIPTION, getattr(by, _DESCRIPTION))
    return cast(Callable[..., Any], view)


def _body(req: Request, schema: marshmallow.Schema) -> Any:
    g.body = {} if _may_be_left_out(req, schema) else read_json(_json_bytes(req, schema))
    return g.body


def _query(req: Request, schema: marshmallow.Schema) -> dict[str, str]:
    return single_parameters(req)


def _reads_query(view: Callable[..., Any]) -> bool:
    documented = getattr(view, _DESCRIPTION, {}).get("arguments", {})
    return any(isinstance(one, dict) and one["in"] == "query" for one in documented.get("parameters", ()))


def _may_be_left_out(req: Request, schema: marshmallow.Schema) -> bool:
    optional = getattr(schema, "BODY_IS_OPTIONAL", False)
    return optional and "Content-Type" not in req.headers and not req.get_data(cache=True)


def _json_bytes(req: Request, schema: marshmallow.Schema) -> bytes:
    largest: int = getattr(schema, "LARGEST_BYTES", LARGEST_JSON_BYTES)
    req.max_content_length = largest + 1  # Werkzeug cuts a chunked body here; the length below sees that.
    if req.mimetype != "application/json":
        raise UnsupportedMediaType
    charset = req.mimetype_params.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType
    if req.environ.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        raise UnsupportedMediaType
    content = req.get_data(cache=True)
    if len(content) > largest:
        raise BodyTooLarge
    return content


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1}) if len(names) <= _MOST_ERRORS else ["body"]
        raise InvalidRequest(legible({name: ["The name stands twice in one object."] for name in twice}))
    return found


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > LONGEST_NUMBER:
        raise _unreadable(f"A number has more than {LONGEST_NUMBER} digits.")
    return int(digits)


def _fraction(digits: str) -> Decimal:
    if len(digits) > LONGEST_NUMBER:
        raise _unreadable(f"A number has more than {LONGEST_NUMBER} characters.")
    return Decimal(digits)


def _no_number(name: str) -> NoReturn:
    raise _unreadable(f"{name} is not a number.")


def _refuse_depth(found: dict[str, Any]) -> None:
    level: list[Any] = [found]
    for _ in range(DEEPEST):
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
        if not level:
            return
    raise _unreadable(_TOO_DEEP)


def _unreadable(why: str) -> InvalidRequest:
    return InvalidRequest({"body": [why]})


_TOO_DEEP = f"It is nested deeper than {DEEPEST}."
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=_no_number
)
_ENCODER = json.JSONEncoder(separators=(",", ":"), default=DefaultJSONProvider.default)  # As `jsonify` has it.
_READERS: Mapping[str, Callable[[Request, marshmallow.Schema], Any]] = {"json": _body, "query": _query}
