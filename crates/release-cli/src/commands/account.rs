//! Signing in and out, and who one is.

use crate::args::Global;
use crate::ask;
use crate::client::Client;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Output, clean};
use crate::profile::Profile;
use crate::settings::{Settings, address};
use crate::value::{cell, items, text};
use serde_json::{Value, json};
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How long a sign-in lasts.
const SIGNED_IN_FOR: Duration = Duration::from_secs(30 * 86_400);

pub async fn login(global: &Global, out: Output, user: Option<String>, token_stdin: bool) -> Result<(), Failure> {
    let kept = Profile::read()?;
    let Some(server) = global.server.clone().or(kept.server) else {
        return Err(Failure::usage("which server? say --server URL"));
    };
    let server = address(&server)?;
    if server.starts_with("http://") && !is_loopback(&server) {
        out.say("warning: this address has no TLS: password and token can be read on the way");
    }
    let mut settings = Settings {
        server: server.clone(),
        token: None,
        ca_file: global.ca_file.clone().or(kept.ca_file),
    };
    let (token, token_id, who) = if token_stdin {
        settings.token = Some(ask::line(String::new()).await?.trim().to_owned());
        given(&Client::new(&settings, None)?, &settings).await?
    } else {
        made(&Client::new(&settings, None)?, user).await?
    };
    let profile = Profile {
        server: Some(server.clone()),
        token: Some(token),
        token_id,
        ca_file: settings
            .ca_file
            .map(std::path::absolute)
            .transpose()
            .unwrap_or_default(),
    };
    let path = profile.write()?;
    out.say(&clean(&format!(
        "Signed in to {server} as {who}; kept in {}",
        path.display()
    )));
    Ok(())
}

fn is_loopback(server: &str) -> bool {
    let host = reqwest::Url::parse(server)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    let host = host.unwrap_or_default();
    let address: Option<std::net::IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

/// A token that was made elsewhere, once the server takes it.
async fn given(client: &Client, settings: &Settings) -> Result<(String, Option<String>, String), Failure> {
    let token = settings.token.clone().unwrap_or_default();
    let me = client.get("/auth/me", &[]).await?.value;
    // Found by its beginning; one that is of a service account is not among one's own.
    let own = client.list("/tokens", &[], true).await?.value;
    let mut rows = items(&own, "/items").iter();
    let id = rows.find(|row| !text(row, "/prefix").is_empty() && token.starts_with(text(row, "/prefix")));
    let id = id.map(|row| text(row, "/id").to_owned());
    Ok((token, id, text(&me, "/user/name").to_owned()))
}

/// A token made with name and password, which are not kept.
async fn made(client: &Client, user: Option<String>) -> Result<(String, Option<String>, String), Failure> {
    let user = match user {
        Some(user) => user,
        None => ask::line("Username: ".into()).await?,
    };
    let password = ask::password("Password: ".into()).await?;
    let session = client.sign_in(&user, &password).await?;
    let wanted = json!({
        "name": format!("releasectl on {}", host()),
        "channel": "cli",
        "expires_at": after(SIGNED_IN_FOR),
    });
    let token = session.token(&wanted).await?;
    Ok((
        text(&token, "/token").to_owned(),
        Some(text(&token, "/id").to_owned()),
        user,
    ))
}

/// A moment from now, as the API writes times.
#[must_use]
pub fn after(span: Duration) -> Option<String> {
    let at = OffsetDateTime::now_utc().checked_add(span.try_into().ok()?)?;
    at.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}

/// What tells this machine's tokens from others in the list.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name.trim().chars().take(64).collect();
    if name.is_empty() { "this machine".into() } else { name }
}

pub async fn logout(global: &Global, out: Output) -> Result<(), Failure> {
    let kept = Profile::read()?;
    let Some(token) = kept.token.clone() else {
        out.say("Nobody was signed in.");
        return Ok(());
    };
    let server = address(kept.server.as_deref().unwrap_or_default())?;
    let settings = Settings {
        server: server.clone(),
        token: Some(token),
        ca_file: global.ca_file.clone().or(kept.ca_file.clone()),
    };
    let taken_back = match &kept.token_id {
        Some(id) => {
            Client::new(&settings, None)?
                .delete(&format!("/tokens/{id}"), &[])
                .await
        }
        None => Err(Failure::own("unknown_token", "The token cannot be named", "")),
    };
    // Forgotten in any case: who signs out does not want to be signed in here.
    let left = Profile {
        token: None,
        token_id: None,
        ..kept
    };
    left.write()?;
    match taken_back {
        Ok(_) => out.say(&clean(&format!("Signed out of {server}; the token is taken back"))),
        Err(_) => out.say(&clean(&format!(
            "Signed out of {server}; the token could not be taken back there: delete it in Settings"
        ))),
    }
    Ok(())
}

pub async fn whoami(context: &Context) -> Result<(), Failure> {
    let me = context.client.get("/auth/me", &[]).await?;
    if context.out.is_json() {
        context.out.body(&me.body);
        return Ok(());
    }
    let me = me.value;
    context.out.pairs(&[
        vec!["server".into(), context.client.server().into()],
        vec!["user".into(), cell(&me, "/user/name")],
        vec!["kind".into(), cell(&me, "/user/kind")],
    ]);
    let name_of = |id: &str| {
        let mut projects = items(&me, "/projects").iter();
        let project = projects.find(|project| text(project, "/id") == id);
        project.map_or_else(|| id.to_owned(), |project| text(project, "/key").to_owned())
    };
    let rows: Vec<_> = items(&me, "/permissions")
        .iter()
        .map(|granted| {
            vec![
                name_of(text(granted, "/project_id")),
                cell(granted, "/environment_id"),
                cell(granted, "/permissions").replace(',', " "),
            ]
        })
        .collect();
    context.out.table(&["PROJECT", "ENVIRONMENT", "PERMISSIONS"], &rows);
    Ok(())
}

/// This program's own version always; the server's where one is named and answers.
pub async fn version(global: &Global, out: Output) -> Result<(), Failure> {
    let own = env!("CARGO_PKG_VERSION");
    let server = of_server(global).await;
    if out.is_json() {
        let server = server.as_ref().ok();
        out.line(&json!({"releasectl": own, "server": server}).to_string());
        return Ok(());
    }
    let told = match &server {
        Ok(meta) if meta["version"].is_string() => {
            format!("{} ({})", text(meta, "/version"), text(meta, "/commit"))
        }
        Ok(_) => "tells its version to those who are signed in".into(),
        Err(failure) => failure.lines().into_iter().next().unwrap_or_default(),
    };
    out.pairs(&[vec!["releasectl".into(), own.into()], vec!["server".into(), told]]);
    Ok(())
}

async fn of_server(global: &Global) -> Result<Value, Failure> {
    let settings = Settings::of(global)?;
    Ok(Client::new(&settings, None)?.get("/meta", &[]).await?.value)
}
