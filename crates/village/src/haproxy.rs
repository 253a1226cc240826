//! A haproxy configuration from the one table of prefixes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, bail};
use clap::ValueEnum;

use crate::roles::{ADMIN_ONLY, Role};

/// Where each role runs: `ROLE=ADDRESS:PORT` for each process.
pub fn parse_servers(arguments: &[String]) -> anyhow::Result<BTreeMap<Role, Vec<String>>> {
    let mut servers: BTreeMap<Role, Vec<String>> = BTreeMap::new();
    for argument in arguments {
        let (role, address) = argument
            .split_once('=')
            .with_context(|| format!("`{argument}` must be ROLE=ADDRESS:PORT, as in posts=127.0.0.1:9001"))?;
        let role = Role::from_str(role, false).map_err(|_| anyhow::anyhow!("`{role}` is not a role"))?;
        servers.entry(role).or_default().push(address.to_owned());
    }
    for role in Role::ALL {
        if !servers.contains_key(&role) {
            bail!("no server plays the role {role}; add --server {role}=ADDRESS:PORT");
        }
    }
    Ok(servers)
}

pub fn config(bind: &str, servers: &BTreeMap<Role, Vec<String>>) -> String {
    let mut out = String::from(
        "# Made by `village haproxy`: the rules come from the table of prefixes in the server.\n\
         global\n    # Each connection needs two file descriptors; raise it with `ulimit -n`.\n    maxconn 8000\n\
         defaults\n    mode http\n    option forwardfor\n    option redispatch\n    retries 3\n\
         \x20   retry-on conn-failure\n\
         \x20   timeout connect 2s\n    timeout client 60s\n    timeout server 60s\n    timeout http-request 10s\n\
         \x20   # Sockets live for hours; a heartbeat passes every 20 s.\n    timeout tunnel 1h\n",
    );
    let _ = writeln!(out, "frontend village\n    bind {bind}");
    // Written by the client, believed by nobody.
    out.push_str("    http-request del-header X-Forwarded-For\n");
    for path in ADMIN_ONLY {
        let _ = writeln!(out, "    http-request return status 404 if {{ path {path} }} or {{ path_beg {path}/ }}");
    }
    for role in Role::ALL {
        for prefix in role.prefixes() {
            let _ = writeln!(out, "    use_backend {role} if {{ path {prefix} }} or {{ path_beg {prefix}/ }}");
        }
    }
    out.push_str("    default_backend web\n");
    for (role, addresses) in servers {
        let _ = writeln!(out, "backend {role}\n    balance leastconn\n    option httpchk GET /readyz");
        out.push_str("    http-check expect status 200\n    default-server check inter 1s fall 2 rise 1\n");
        for (number, address) in addresses.iter().enumerate() {
            let _ = writeln!(out, "    server {role}{} {address}", number + 1);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_is_routed_to_its_role_and_metrics_to_nobody() {
        let arguments: Vec<String> =
            Role::ALL.iter().enumerate().map(|(number, role)| format!("{role}=127.0.0.1:{}", 9000 + number)).collect();
        let config = config("127.0.0.1:8080", &parse_servers(&arguments).unwrap());
        for role in Role::ALL {
            for prefix in role.prefixes() {
                let rule = format!("use_backend {role} if {{ path {prefix} }} or {{ path_beg {prefix}/ }}");
                assert!(config.contains(&rule), "{rule}");
            }
            assert!(config.contains(&format!("server {role}1 ")));
        }
        assert!(config.contains("status 404 if { path /metrics }"));
    }

    #[test]
    fn a_role_without_a_server_is_refused() {
        let error = parse_servers(&["web=127.0.0.1:1".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("no server plays the role auth"), "{error}");
    }
}
