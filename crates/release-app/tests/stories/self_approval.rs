//! Nobody decides about what they had a hand in, in whichever guise.

use crate::support::{Answer, Person, World, as_assistant, token, variables, with_secret};
use release_app::approvals::TicketView;
use release_app::releases::create::NewDraft;
use release_app::{AppError, Caller};
use release_domain::actor::Channel;
use release_domain::approval::Verdict;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::policy::RollbackApproval;
use release_domain::ports::{CatalogueQueries, Write};
use release_domain::refusal::{ForbiddenReason, Refusal};

fn is_self_approval(answer: Answer<TicketView>) {
    let own = Refusal::ApprovalForbidden(ForbiddenReason::SelfApproval);
    assert_eq!(answer.unwrap_err(), AppError::Refused(own));
}

/// Somebody who may both make and approve.
async fn both(world: &World, name: &str) -> Person {
    let person = Person::new(name);
    world.write(vec![Write::User(person.user.clone())]).await;
    world.grant(&person, "developer").await;
    world.grant(&person, "approver").await;
    world.grant(&person, "operator").await;
    person
}

async fn submit(world: &World, who: &Caller, id: ReleaseId) {
    let shown = world.preview(&world.ada.caller, id).await.unwrap();
    world.submit(who, id, &token(&shown)).await.unwrap();
}

#[tokio::test]
async fn whoever_created_it_does_not() {
    let world = World::new().await;
    let sam = both(&world, "sam").await;
    let id = world.draft_by(&sam.caller).await;
    submit(&world, &world.ada.caller, id).await;
    is_self_approval(world.approve(&sam.caller, id).await);
    assert_eq!(
        world.newest("gate.refused").await["data"]["reason_code"],
        "self_approval"
    );
    world.closes().await;
}

#[tokio::test]
async fn whoever_edited_it_does_not() {
    let world = World::new().await;
    let sam = both(&world, "sam").await;
    let id = world.draft().await;
    world
        .edit(&sam.caller, id, 1, variables(&[("VERSION", "2")]))
        .await
        .unwrap();
    submit(&world, &world.ada.caller, id).await;
    is_self_approval(world.approve(&sam.caller, id).await);
    world.closes().await;
}

#[tokio::test]
async fn whoever_submitted_it_does_not() {
    let world = World::new().await;
    let sam = both(&world, "sam").await;
    let id = world.draft().await;
    submit(&world, &sam.caller, id).await;
    is_self_approval(world.approve(&sam.caller, id).await);
    world.closes().await;
}

#[tokio::test]
async fn whoever_made_the_service_revision_does_not() {
    let world = World::new().await;
    let sam = both(&world, "sam").await;
    let number = world.revise(&crate::support::web("2")).await;
    let mut revision = world
        .store
        .service_revision(world.service.id, number)
        .await
        .unwrap()
        .unwrap();
    revision.number += 1;
    revision.responsible = [sam.id()].into();
    let mut service = world.store.service(world.service.id).await.unwrap().unwrap();
    (service.revision, service.version) = (revision.number, service.version + 1);
    world
        .write(vec![Write::Service(service), Write::ServiceRevision(revision)])
        .await;
    let (id, _) = world.submitted().await;
    is_self_approval(world.approve(&sam.caller, id).await);
    world.closes().await;
}

#[tokio::test]
async fn the_person_an_assistant_acted_for_does_not() {
    let world = World::new().await;
    let sam = both(&world, "sam").await;
    let id = world.draft_by(&as_assistant(&sam, Channel::Ai)).await;
    submit(&world, &world.ada.caller, id).await;
    is_self_approval(world.approve(&sam.caller, id).await);
    world.closes().await;
}

#[tokio::test]
async fn whoever_made_the_token_that_a_service_account_used_does_not() {
    let world = World::new().await;
    world.grant(&world.olga, "approver").await;
    let id = world.draft_by(&world.robot.caller).await;
    submit(&world, &world.ada.caller, id).await;
    is_self_approval(world.approve(&world.olga.caller, id).await);
    world.closes().await;
}

#[tokio::test]
async fn the_same_person_does_not_through_a_token_of_their_own() {
    let world = World::new().await;
    let sam = both(&world, "sam").await;
    let id = world.draft_by(&sam.caller).await;
    submit(&world, &world.ada.caller, id).await;
    is_self_approval(world.approve(&sam.with_token(&[], Channel::Cli), id).await);
    world.closes().await;
}

#[tokio::test]
async fn whoever_copied_it_is_whoever_created_it() {
    let world = World::new().await;
    let sam = both(&world, "sam").await;
    let source = world.draft().await;
    let copy = NewDraft {
        copy_of: Some(source),
        draft: with_secret(),
        ..NewDraft::default()
    };
    let id = world.copy(&sam.caller, copy).await.unwrap().release.id;
    submit(&world, &world.ada.caller, id).await;
    is_self_approval(world.approve(&sam.caller, id).await);
    world.closes().await;
}

#[tokio::test]
async fn whoever_asked_for_the_rollback_does_not() {
    let world = World::new().await;
    let sam = both(&world, "sam").await;
    world.policy(|p| p.rollback_approval = RollbackApproval::Required).await;
    world.applied().await;
    let id = world.applied().await;
    let token = token(&world.rollback_preview(&sam.caller, id, None).await.unwrap());
    world.rollback(&sam.caller, id, &token).await.unwrap_err();
    is_self_approval(world.approve(&sam.caller, id).await);
    world.approve(&world.bob.caller, id).await.unwrap();
    world.closes().await;
}

#[tokio::test]
async fn whoever_broke_the_glass_does_not_review_it() {
    let world = World::new().await;
    let sam = both(&world, "sam").await;
    world
        .policy(|p| {
            p.break_glass_roles = vec![release_domain::access::RoleKey("operator".into())];
            p.allow_self_approval = true;
        })
        .await;
    let (id, token) = world.previewed().await;
    world.break_glass(&sam.caller, id, &token).await.unwrap();
    let review = world.release(id).await.review.unwrap();
    is_self_approval(world.decide(&sam.caller, &review, Verdict::Approved).await);
    world
        .decide(&world.bob.caller, &review, Verdict::Approved)
        .await
        .unwrap();
    world.work().await;
    world.closes().await;
}

#[tokio::test]
async fn where_the_policy_allows_it_they_do() {
    let world = World::new().await;
    world.policy(|p| p.allow_self_approval = true).await;
    world.grant(&world.ada, "approver").await;
    let (id, _) = world.submitted().await;
    world.approve(&world.ada.caller, id).await.unwrap();
    assert_eq!(world.state(id).await, LifecycleState::Approved);
    world.closes().await;
}
