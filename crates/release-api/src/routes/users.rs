//! `/users`: people and service accounts; `/permissions`: the names there are.

use crate::api::{Api, answer, done, no_content, ok};
use crate::input::body::Body;
use crate::input::gate::Place;
use crate::input::path::Id;
use crate::input::query::Query;
use crate::problem::Answered;
use crate::routes::headers::IdempotencyKey;
use actix_web::{delete, get, patch, post};
use release_app::Answer;
use release_app::access::permissions;
use release_app::access::users::{self, MadeUser, UserPatch};
use release_contract::access::Permissions;
use release_contract::asked;
use release_contract::body::Nothing;
use release_contract::cursor;
use release_contract::list::listed;
use release_contract::people::{CreateUser, EditUser, NewUser, OneTimePassword, User, UserList};
use release_domain::access::Permission;
use release_domain::ids::UserId;
use release_domain::secret::SecretText;
use utoipa_actix_web::service_config::ServiceConfig;

const LIST: &str = "users";

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_users)
        .service(create_user)
        .service(get_user)
        .service(edit_user)
        .service(delete_user)
        .service(reset_password)
        .service(end_user_sessions)
        .service(list_permissions);
}

asked! {
    UsersQuery {}
}

/// Users by name; empty without `access:read`.
#[utoipa::path(tag = "access", params(UsersQuery), responses((status = 200, body = UserList)))]
#[get("/users")]
async fn list_users(api: Api, query: Query<UsersQuery>) -> Answered {
    let page = cursor::page(LIST, &query.get()?.limits())?;
    let list = users::list(api.app(), api.caller(), page).await?;
    ok(&UserList::from(listed(LIST, list.found, list.actions, |view| {
        User::from(&view)
    })))
}

fn made(user: &MadeUser) -> Answer {
    answer(201, &NewUser::from(user))
}

/// Makes a person or a service account.
#[utoipa::path(
    tag = "access",
    params(IdempotencyKey),
    request_body = CreateUser,
    responses((status = 201, body = NewUser)),
)]
#[post("/users")]
async fn create_user(api: Api, body: Body<CreateUser>) -> Answered {
    let (body, key) = body.admit(&api, Permission::AccessWrite, Place::All).await?;
    let new = users::NewUser {
        username: body.username,
        password: body.password.map(SecretText::new),
        display_name: body.display_name,
        kind: body.kind,
    };
    let call = api.call(key, &made);
    done(users::create(api.app(), &call, new).await?, &made)
}

/// One user.
#[utoipa::path(tag = "access", responses((status = 200, body = User)))]
#[get("/users/{id}")]
async fn get_user(api: Api, id: Id<UserId>) -> Answered {
    let id = id.known(&api, Permission::AccessRead).await?;
    let view = users::get(api.app(), api.caller(), id).await?;
    ok(&User::from(&view))
}

/// Renames, disables or enables a user.
#[utoipa::path(tag = "access", request_body = EditUser, responses((status = 200, body = User)))]
#[patch("/users/{id}")]
async fn edit_user(api: Api, id: Id<UserId>, body: Body<EditUser>) -> Answered {
    let id = id.known(&api, Permission::AccessWrite).await?;
    let body = api.admit(body.open(), Permission::AccessWrite, Place::All).await?;
    let patch = UserPatch {
        display_name: body.display_name,
        disabled: body.disabled,
    };
    let view = users::edit(api.app(), api.caller(), id, patch).await?;
    ok(&User::from(&view))
}

/// Deletes a user with their grants, tokens and sessions.
#[utoipa::path(tag = "access", responses((status = 204)))]
#[delete("/users/{id}")]
async fn delete_user(api: Api, id: Id<UserId>) -> Answered {
    let id = id.known(&api, Permission::AccessWrite).await?;
    users::delete(api.app(), api.caller(), id).await?;
    no_content()
}

fn given(password: &SecretText) -> Answer {
    answer(
        200,
        &OneTimePassword {
            one_time_password: password.expose().to_owned(),
        },
    )
}

/// Gives a one-time password and ends all sessions of the user.
#[utoipa::path(
    tag = "access",
    params(IdempotencyKey),
    request_body(content = Nothing, description = "None, or {}"),
    responses((status = 200, body = OneTimePassword)),
)]
#[post("/users/{id}/password")]
async fn reset_password(api: Api, id: Id<UserId>, body: Body<Nothing>) -> Answered {
    let id = id.known(&api, Permission::AccessWrite).await?;
    let (_, key) = body.admit(&api, Permission::AccessWrite, Place::All).await?;
    let call = api.call(key, &given);
    done(users::reset_password(api.app(), &call, id).await?, &given)
}

/// Ends all sessions of a user.
#[utoipa::path(tag = "access", responses((status = 204)))]
#[delete("/users/{id}/sessions")]
async fn end_user_sessions(api: Api, id: Id<UserId>) -> Answered {
    let id = id.known(&api, Permission::AccessWrite).await?;
    users::end_sessions(api.app(), api.caller(), id).await?;
    no_content()
}

/// The names of permissions.
#[utoipa::path(tag = "access", responses((status = 200, body = Permissions)))]
#[get("/permissions")]
async fn list_permissions(_api: Api) -> Answered {
    ok(&Permissions {
        items: permissions::list().to_vec(),
    })
}
