/** One namespace for each area; the English texts are also the keys' types. */
export { default as codes } from './en/codes.json';
export { default as shell } from './en/shell.json';
export { default as keys } from './en/keys.json';
export { default as signIn } from './en/signIn.json';
export { default as releases } from './en/releases.json';
export { default as newRelease } from './en/newRelease.json';
export { default as sheet } from './en/sheet.json';
export { default as approvals } from './en/approvals.json';
export { default as overview } from './en/overview.json';
export { default as services } from './en/services.json';
export { default as targets } from './en/targets.json';
export { default as policies } from './en/policies.json';
export { default as ai } from './en/ai.json';
export { default as audit } from './en/audit.json';
export { default as settings } from './en/settings.json';
