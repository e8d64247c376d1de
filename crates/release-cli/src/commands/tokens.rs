//! API tokens.

use super::account::after;
use super::get::{named, show_list};
use crate::args::{CreateToken, Token};
use crate::client::Key;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::clean;
use crate::table;
use crate::value::text;
use serde_json::json;

pub async fn run(context: &Context, token: Token) -> Result<(), Failure> {
    match token {
        Token::Create(new) => create(context, new).await,
        Token::List { all } => {
            let found = context.client.list("/tokens", &[], all).await?;
            show_list(context, table::TOKENS, &found.body, &found.value);
            Ok(())
        }
        Token::Delete { token } => {
            let id = named(context, "/tokens", "token", &token).await?;
            context.client.delete(&format!("/tokens/{id}"), &[]).await?;
            context.out.say(&clean(&format!("The token {token} works no more")));
            Ok(())
        }
    }
}

/// The token alone on stdout, so that it can go straight to where it is kept.
async fn create(context: &Context, new: CreateToken) -> Result<(), Failure> {
    let mut body = json!({"name": new.name, "scopes": new.scopes});
    if let Some(channel) = new.channel {
        body["channel"] = channel.as_str().into();
    }
    if let Some(user) = new.user {
        body["user_id"] = user.into();
    }
    if let Some(span) = new.expires_in {
        body["expires_at"] = after(span).into();
    }
    let made = context.client.post("/tokens", body, Key::Fresh).await?;
    match context.out.is_json() {
        true => context.out.body(&made.body),
        false => {
            context.out.line(text(&made.value, "/token"));
            context
                .out
                .say("It is shown this once: keep it where secrets are kept.");
        }
    }
    Ok(())
}
