import type { components } from './schema';

/** The server's words, under the names the pages use. */
export type Schemas = components['schemas'];
export type Release = Schemas['Release'];
export type ReleaseAction = Schemas['ReleaseAction'];
export type ActionWord = Schemas['ActionWord'];
export type ActionReason = Schemas['ActionReason'];
export type LifecycleState = Schemas['LifecycleState'];
export type StageName = Schemas['StageName'];
export type Approval = Schemas['Approval'];
export type ApprovalStatus = Schemas['ApprovalStatus'];
export type Preview = Schemas['Preview'];
export type PreviewKind = Schemas['PreviewKind'];
export type Plan = Schemas['Plan'];
export type PlanSummary = Schemas['PlanSummary'];
export type Change = Schemas['Change'];
export type PlanAction = Schemas['PlanAction'];
export type Check = Schemas['Check'];
export type Ticket = Schemas['Ticket'];
export type TicketWithPlan = Schemas['TicketWithPlan'];
export type TicketStatus = Schemas['TicketStatus'];
export type ObjectState = Schemas['SeenObject'];
export type Health = Schemas['Health'];
export type Drift = Schemas['Drift'];
export type ObjectStatus = Schemas['ObjectStatus'];
export type Diagnostic = Schemas['Diagnostic'];
export type Actor = Schemas['Actor'];
export type Channel = Schemas['Channel'];
export type Reference = Schemas['Reference'];
export type EnvironmentReference = Schemas['EnvironmentReference'];
export type Me = Schemas['Me'];
export type Permission = Schemas['Permission'];
/** An event of the timeline; `data` is typed by its `event_type`. */
export type TimelineEvent = Schemas['Event'];
export type AssistantEntry = Schemas['AssistantEntry'];
export type AssistantCard = Schemas['AssistantConfirmation'];
