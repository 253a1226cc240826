"""What schemathesis cannot know of this API by itself."""

import schemathesis
from schemathesis import GenerationMode

# Refusals that depend on more than the form of a request; `fields[].code` of a 422.
OF_FORM = {"too_long", "too_short", "too_many", "too_large", "too_small", "out_of_range", "length"}
OF_TYPES = ("invalid type", "invalid value", "is missing", "is not known here", "is there twice")


@schemathesis.check
def what_the_document_allows_is_not_refused_for_its_form(ctx, response, case):
    """A request that openapi.json allows may meet a rule, but no limit, type or field that it does not tell."""
    if response.status_code != 422 or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    problem = response.json()
    for field in problem.get("fields", []):
        of_type = field["code"] == "invalid" and field["message"].startswith(OF_TYPES)
        if of_type or field["code"] in OF_FORM:
            raise AssertionError(f"openapi.json does not say this: {problem['detail']}")
    if problem["code"] == "invalid_query":
        raise AssertionError(f"openapi.json does not say this: {problem['detail']}")


@schemathesis.check
def a_problem_is_whole(ctx, response, case):
    """Every refusal has a code, a sentence and the id of the request, and says the status it has."""
    if response.status_code < 400:
        return
    problem = response.json()
    assert problem["status"] == response.status_code, "the status in the body is another"
    assert problem["code"] and problem["detail"].endswith((".", "docs/api.md")), "a code and a sentence"
    assert [problem["request_id"]] == response.headers["x-request-id"], "the request's id, here and in the header"
