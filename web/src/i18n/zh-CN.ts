/** One namespace for each area; the English texts are also the keys' types. */
export { default as codes } from './zh-CN/codes.json';
export { default as shell } from './zh-CN/shell.json';
export { default as keys } from './zh-CN/keys.json';
export { default as signIn } from './zh-CN/signIn.json';
export { default as releases } from './zh-CN/releases.json';
export { default as newRelease } from './zh-CN/newRelease.json';
export { default as sheet } from './zh-CN/sheet.json';
export { default as approvals } from './zh-CN/approvals.json';
export { default as overview } from './zh-CN/overview.json';
export { default as services } from './zh-CN/services.json';
export { default as targets } from './zh-CN/targets.json';
export { default as policies } from './zh-CN/policies.json';
export { default as ai } from './zh-CN/ai.json';
export { default as audit } from './zh-CN/audit.json';
export { default as settings } from './zh-CN/settings.json';
