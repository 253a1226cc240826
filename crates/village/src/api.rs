//! The whole API as one OpenAPI 3.1 document, made from the routers of all services.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, ResponseBuilder,
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
    for item in openapi.paths.paths.values_mut() {
        for operation in operations(item) {
            let public = operation.security.as_ref().is_some_and(Vec::is_empty)
                || operation
                    .security
                    .as_ref()
                    .is_some_and(|all| all.iter().any(|one| *one == SecurityRequirement::default()));
            let writes = operation.request_body.is_some();
            let named = operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty());
            if !public {
                add(operation, "401", "No valid access token (`unauthenticated`).");
            }
            if writes {
                add(operation, "400", "The body is not JSON (`invalid_json`).");
                add(operation, "413", "The body is too large (`body_too_large`).");
                add(operation, "415", "The body is not declared as JSON (`unsupported_media_type`).");
                add(operation, "422", "The body is JSON but not right (`invalid_request`, see `fields`).");
            } else if named {
                add(operation, "400", "A parameter is not right (`invalid_cursor`).");
                add(operation, "422", "A parameter is not right (`invalid_query`, `invalid_request`).");
            }
            if named {
                add(operation, "404", "It does not exist, or you may not see it (`not_found`).");
            }
            add(operation, "429", "Too many requests (`rate_limited`); see Retry-After.");
            add(operation, "503", "Not possible at the moment (`unavailable`); see Retry-After.");
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

/// Documents an error that the operation does not describe itself.
fn add(operation: &mut Operation, status: &str, description: &str) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    operation.responses.responses.entry(status.to_owned()).or_insert_with(|| {
        RefOr::T(ResponseBuilder::new().description(description).content("application/problem+json", content).build())
    });
}
