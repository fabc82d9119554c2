// STS and IAM limits that several modules use, and the session tags that the bridge sets.

/** AWS, "Roles terms and concepts": role chaining is limited to one hour. */
export const MAX_HOP_SECONDS = 3600;

/** STS AssumeRole, parameter Tags: at most 50 tags, whose keys must differ in more than case. */
export const MAX_SESSION_TAGS = 50;

/** The tags that `callerTags: true` adds. */
export const CALLER_TAG_KEYS = ['caller-email', 'caller-id'] as const;

/** STS AssumeRoleWithWebIdentity, Policy: at most 2,048 characters. */
export const MAX_POLICY_CHARACTERS = 2048;

/** The maximum total number of characters in a role's inline policies, not counting white space ("IAM and AWS STS quotas"). */
export const MAX_ROLE_POLICY_CHARACTERS = 10_240;
