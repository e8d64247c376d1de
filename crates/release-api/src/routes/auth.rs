//! `/auth`, `/meta`: signing in and out, who one is, own sessions.

use crate::api::{Anyone, Api, Arrived, no_content, ok};
use crate::auth::{clear_cookie, cookie_value, session_cookie};
use crate::input::body::Body;
use crate::input::path::Id;
use crate::problem::Answered;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use release_app::AppError;
use release_app::access::{RequestFacts, me, password, sessions, sign_in, sign_out};
use release_contract::access::{
    AssistantMeta, ChangePassword, Me, Meta, Session, Sessions, SignIn, SignInWays, SignedIn,
};
use release_contract::body::Nothing;
use release_domain::ids::SessionId;
use release_domain::secret::SecretText;
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

/// A browser's name for itself is cut here: it is shown, never decided on.
const MAX_USER_AGENT_CHARS: usize = 256;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(sign_in_here)
        .service(sign_out_here)
        .service(get_me)
        .service(change_password)
        .service(list_sessions)
        .service(end_session)
        .service(meta);
}

/// Begins a session: a cookie, and the token that writes with it carry.
#[utoipa::path(
    tag = "auth",
    operation_id = "sign_in",
    request_body = SignIn,
    responses((status = 200, body = SignedIn, headers(("Set-Cookie" = String, description = "The session")))),
)]
#[post("/auth/login")]
async fn sign_in_here(anyone: Anyone, req: HttpRequest, body: Body<SignIn>) -> Answered {
    let body = body.open()?;
    let user_agent = req.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok());
    let attempt = sign_in::SignIn {
        username: body.username,
        password: SecretText::new(body.password),
        address: anyone.context.address.map(|a| a.to_string()).unwrap_or_default(),
        user_agent: user_agent
            .unwrap_or_default()
            .chars()
            .take(MAX_USER_AGENT_CHARS)
            .collect(),
        old_cookie: cookie_value(req.headers()).map(SecretText::new),
        request: RequestFacts {
            method: req.method().to_string(),
            path: req.path().to_owned(),
            trace_id: Some(anyone.context.trace_id),
        },
    };
    let signed_in = sign_in::sign_in(&anyone.state.app, attempt).await?;
    let cookie = session_cookie(&signed_in.cookie, anyone.state.settings.secure_cookies);
    Ok(HttpResponse::Ok()
        .cookie(cookie)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(SignedIn {
            must_change_password: signed_in.user.must_change_password,
            user: (&signed_in.user).into(),
            csrf_token: signed_in.session.csrf_token,
        }))
}

/// Ends the session that the request came with.
#[utoipa::path(
    tag = "auth",
    operation_id = "sign_out",
    request_body(content = Nothing, description = "None, or {}"),
    responses((status = 200, description = "Signed out", body = Nothing)),
)]
#[post("/auth/logout")]
async fn sign_out_here(arrived: Arrived, body: Body<Nothing>) -> Answered {
    body.open()?;
    sign_out::sign_out(&arrived.state.app, &arrived.who).await?;
    Ok(HttpResponse::Ok()
        .cookie(clear_cookie(arrived.state.settings.secure_cookies))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(json!({})))
}

/// Who the caller is and what they may.
#[utoipa::path(tag = "auth", responses((status = 200, body = Me)))]
#[get("/auth/me")]
async fn get_me(arrived: Arrived) -> Answered {
    let me = me::me(&arrived.state.app, &arrived.who).await?;
    ok(&Me::from(me))
}

/// Changes the caller's password and ends their other sessions.
#[utoipa::path(
    tag = "auth",
    request_body = ChangePassword,
    responses((status = 200, description = "Changed", body = Nothing)),
)]
#[post("/auth/password")]
async fn change_password(arrived: Arrived, body: Body<ChangePassword>) -> Answered {
    let body = body.open()?;
    let (current, new) = (SecretText::new(body.current), SecretText::new(body.new));
    password::change_password(&arrived.state.app, &arrived.who, &current, &new).await?;
    ok(&json!({}))
}

/// The caller's live sessions, newest first.
#[utoipa::path(tag = "auth", responses((status = 200, body = Sessions)))]
#[get("/auth/sessions")]
async fn list_sessions(api: Api) -> Answered {
    let sessions = sessions::list(api.app(), api.caller()).await?;
    ok(&Sessions {
        items: sessions.into_iter().map(Session::from).collect(),
    })
}

/// Ends one of the caller's sessions.
#[utoipa::path(tag = "auth", responses((status = 204)))]
#[delete("/auth/sessions/{id}")]
async fn end_session(api: Api, id: Id<SessionId>) -> Answered {
    // One's own: no permission is asked, and another's is nobody's.
    let id = id.0.ok_or(AppError::NotFound)?;
    sessions::end(api.app(), api.caller(), id).await?;
    no_content()
}

/// How to sign in here; with a session also what this server is.
#[utoipa::path(tag = "auth", responses((status = 200, body = Meta)))]
#[get("/meta")]
async fn meta(anyone: Anyone) -> Answered {
    let settings = &anyone.state.settings;
    let known = anyone.who.is_some();
    ok(&Meta {
        sign_in: SignInWays { password: true },
        version: known.then(|| settings.version.clone()),
        commit: known.then(|| settings.commit.clone()),
        assistant: known.then(|| AssistantMeta {
            model: anyone.state.assistant.model_name(),
        }),
    })
}
