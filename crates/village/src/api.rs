//! The whole API as one OpenAPI 3.1 document, made from the routers of all services.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Content, ContentBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr,
    Required, Response, ResponseBuilder, Schema,
};
use utoipa::{PartialSchema, ToSchema};
use village_http::{FieldError, Problem};

const DESCRIPTION: &str = "Village is a private-first social network that a community owns.\n\n\
    JSON, snake_case. Times are RFC 3339 in UTC, ids are opaque text. Lists take `limit` and `cursor` and answer \
    `{items, next}`. Errors are `application/problem+json` (RFC 9457) with a stable `code`. What does not exist and \
    what you may not know of are the same 404. Every request that creates takes an `Idempotency-Key`.";

/// Adds what all operations share to the merged document of the services.
pub fn complete(mut openapi: OpenApi) -> OpenApi {
    openapi.info = InfoBuilder::new()
        .title("Village")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    openapi.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
    let components = openapi.components.get_or_insert_default();
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build()),
    );
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    components.schemas.insert(FieldError::name().into_owned(), FieldError::schema());
    components.headers.extend(headers().map(|(name, header)| (component(name), RefOr::T(header))));
    for item in openapi.paths.paths.values_mut() {
        for operation in operations(item) {
            complete_parameters(operation);
            add_errors(operation);
            let versioned = operation.responses.responses.contains_key("304");
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response {
                    complete_response(status, response, versioned);
                }
            }
        }
    }
    openapi
}

/// An empty document to merge the services' into.
pub fn empty() -> OpenApi {
    OpenApiBuilder::new().build()
}

pub fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten()
}

/// What may be left away in a path, query or header is left away; `null` would be text there. Whoever is answered 304
/// has said what is known.
fn complete_parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
            && let SchemaType::Array(types) = &object.schema_type
            && let [only] = types.iter().filter(|one| **one != Type::Null).collect::<Vec<_>>()[..]
        {
            object.schema_type = SchemaType::Type(only.clone());
        }
    }
    if operation.responses.responses.contains_key("304") {
        let known = ParameterBuilder::new()
            .name("If-None-Match")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("The `ETag` of the answer you have."))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
        operation.parameters.get_or_insert_default().push(RefOr::T(known.build()));
    }
}

/// Documents the errors that extractors and layers answer, where the operation does not describe them itself.
fn add_errors(operation: &mut Operation) {
    let security = operation.security.as_deref();
    let public =
        security.is_some_and(|all| all.is_empty() || all.iter().any(|one| *one == SecurityRequirement::default()));
    let parameters: Vec<&Parameter> = operation
        .parameters
        .iter()
        .flatten()
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
        .collect();
    let takes = |name: &str| parameters.iter().any(|parameter| parameter.name == name);
    let lies = |place: ParameterIn| parameters.iter().any(|parameter| parameter.parameter_in == place);
    let body = operation.request_body.is_some();
    let [pages, creates_once, conditional] = ["cursor", "Idempotency-Key", "If-Match"].map(takes);
    let invalid = body || creates_once || conditional || lies(ParameterIn::Query);
    let bad = match (body, pages) {
        (true, _) => "The body is not JSON (`invalid_json`) or not whole (`body_incomplete`).",
        _ => "The cursor is not one that this list gave out (`invalid_cursor`).",
    };
    for (happens, status, description) in [
        (body || pages, "400", bad),
        (!public, "401", "No valid access token (`unauthenticated`)."),
        (lies(ParameterIn::Path), "404", "It does not exist, or you may not see it (`not_found`)."),
        (creates_once, "409", "The key was used for another request (`idempotency_key_reused`)."),
        (conditional, "412", "It was changed meanwhile (`version_conflict`)."),
        (body, "413", "The body is too large (`body_too_large`)."),
        (body, "415", "The body is not declared as JSON (`unsupported_media_type`)."),
        (invalid, "422", "Something is not right (`invalid_request`, see `fields`; `invalid_query`)."),
        (true, "429", "Too many requests (`rate_limited`); see Retry-After."),
        (true, "503", "Not possible at the moment (`unavailable`, `timeout`); see Retry-After."),
    ] {
        if happens {
            operation.responses.responses.entry(status.to_owned()).or_insert_with(|| {
                let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
                RefOr::T(ResponseBuilder::new().description(description).content(PROBLEM, content).build())
            });
        }
    }
}

const PROBLEM: &str = "application/problem+json";

/// A [`Problem`] has its own content type, whatever the annotation says, and each status its headers.
fn complete_response(status: &str, response: &mut Response, versioned: bool) {
    let problem = format!("#/components/schemas/{}", Problem::name());
    let is_problem = |content: &RefOr<Content>| {
        let RefOr::T(content) = content else { return false };
        matches!(&content.schema, Some(RefOr::Ref(schema)) if schema.ref_location == problem)
    };
    if response.content.values().any(is_problem) {
        let content = std::mem::take(&mut response.content);
        response.content = content.into_values().map(|content| (PROBLEM.to_owned(), content)).collect();
    }
    let names: &[&str] = match status {
        "304" => &["ETag"],
        "200" if versioned => &["ETag", "RateLimit", "RateLimit-Policy"],
        "401" => &["WWW-Authenticate"],
        "429" | "503" => &["Retry-After"],
        _ if status.starts_with('2') => &["RateLimit", "RateLimit-Policy"],
        _ => &[],
    };
    for name in names.iter().chain(&["X-Request-Id"]) {
        let header = Ref::new(format!("#/components/headers/{}", component(name)));
        response.headers.entry((*name).to_owned()).or_insert(RefOr::Ref(header));
    }
}

/// Names of components may hold hyphens, but not in every generator's types.
fn component(header: &str) -> String {
    header.replace('-', "")
}

fn headers() -> [(&'static str, Header); 6] {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let header = |schema: ObjectBuilder, description: &str| {
        HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
    };
    [
        ("ETag", header(text(), "Send it as `If-None-Match`.")),
        ("RateLimit", header(text(), "What is left of which limit: `\"reads\";r=1199`.")),
        ("RateLimit-Policy", header(text(), "The limit and its seconds: `\"reads\";q=1200;w=60`.")),
        (
            "Retry-After",
            header(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)), "Seconds to wait at least."),
        ),
        ("WWW-Authenticate", header(text(), "`Bearer`.")),
        ("X-Request-Id", header(text(), "Quote it when you report a problem.")),
    ]
}
