//! Content security policies of what the client consists of. A worker runs under the policy of its own script.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use village_kernel::secret::sha256;

/// The worker that caches the client: it may fetch from this server, and nothing else.
const SERVICE_WORKER: &str = "default-src 'none'; script-src 'self'; connect-src 'self'";

/// The worker that decodes pictures browsers cannot read. Only here WebAssembly may be compiled.
const PICTURE_WORKER: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

/// The page is the same for everybody, so that a service worker can keep it together with this policy: what is inline is
/// allowed by its hash, since a nonce that is kept is none.
pub fn of_page(html: &str) -> String {
    // Browsers hash what their parser made of the text, and it knows only one kind of line end.
    let html = html.replace("\r\n", "\n");
    let scripts = hashes(&html, "script");
    let styles = hashes(&html, "style");
    // Images come from our own signed addresses; `blob:` previews what is about to be uploaded. `connect-src 'self'`
    // covers the socket of the same origin (CSP 3).
    format!(
        "default-src 'none'; script-src 'self'{scripts}; style-src 'self'{styles}; img-src 'self' blob: data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}

/// For scripts that run as workers; other files keep the strict policy that every answer has.
pub fn of_file(path: &str) -> Option<&'static str> {
    match path {
        "sw.js" => Some(SERVICE_WORKER),
        _ if path.starts_with("assets/pictureWorker-") && path.ends_with(".js") => Some(PICTURE_WORKER),
        _ => None,
    }
}

/// ` 'sha256-…'` for each element with this name that has text.
fn hashes(html: &str, name: &str) -> String {
    let mut found = String::new();
    let mut rest = html;
    while let Some(start) = rest.find(&format!("<{name}")) {
        rest = &rest[start + 1 + name.len()..];
        // `<styles` is another element.
        let is_name = rest.starts_with(['>', ' ', '\t', '\n', '/']);
        let text = rest.split_once('>').and_then(|(_, after)| after.split_once(&format!("</{name}>")));
        if let Some((text, after)) = text.filter(|_| is_name) {
            if !text.is_empty() {
                found.push_str(&format!(" 'sha256-{}'", STANDARD.encode(sha256(text.as_bytes()))));
            }
            rest = after;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources<'a>(policy: &'a str, directive: &str) -> Vec<&'a str> {
        let found = policy.split("; ").find_map(|part| part.strip_prefix(directive)).expect("the directive is there");
        found.split_whitespace().collect()
    }

    /// `printf 'a{color:red}' | openssl dgst -sha256 -binary | base64`
    const HASH_OF_STYLE: &str = "'sha256-6hWWMOcF+mJesSJGYhmK2lkIIEw9Xc5XKGLPVzh8yxs='";

    #[test]
    fn what_is_inline_in_the_page_is_allowed_by_its_hash_and_nothing_else_is() {
        let policy = of_page(
            "<head><style id=\"a\">a{color:red}</style>\n<script src=\"/theme.js\"></script><link rel=\"stylesheet\">\
             <styles>b{}</styles><script>\nstart();\n</script></head>",
        );
        assert_eq!(sources(&policy, "style-src"), ["'self'", HASH_OF_STYLE]);
        assert_eq!(sources(&policy, "script-src").len(), 2, "the script with an address has no hash: {policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!policy.contains("nonce"), "{policy}");
        assert_eq!(sources(&policy, "worker-src"), ["'self'"]);
    }

    #[test]
    fn a_page_without_inline_text_has_no_hashes() {
        let policy = of_page("<head><script type=\"module\" src=\"/assets/index.js\"></script><style></style></head>");
        assert_eq!(sources(&policy, "script-src"), ["'self'"]);
        assert_eq!(sources(&policy, "style-src"), ["'self'"]);
    }

    #[test]
    fn line_ends_are_hashed_as_browsers_read_them() {
        let lines = |end: &str| of_page(&["<style>", "a{}", "</style>"].join(end));
        assert_eq!(lines("\r\n"), lines("\n"));
        assert!(of_page("<style>a{").contains("style-src 'self';"), "an element without an end is no element");
    }

    #[test]
    fn webassembly_is_for_the_picture_worker_alone() {
        assert!(of_file("assets/pictureWorker-Ab3_-x.js").is_some_and(|policy| policy.contains("'wasm-unsafe-eval'")));
        assert_eq!(of_file("sw.js"), Some(SERVICE_WORKER));
        for path in [
            "assets/index-abc.js",
            "assets/pictureWorker-abc.wasm",
            "pictureWorker-abc.js",
            "assets/x/pictureWorker-abc.js",
            "theme.js",
        ] {
            assert_eq!(of_file(path), None, "{path}");
        }
    }
}
