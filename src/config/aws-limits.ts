// STS and IAM limits that several modules use, and the session tags that the bridge sets.

/** The maximum session duration of a chained role, in seconds (AWS, "Roles terms and concepts"). */
export const MAX_HOP_SECONDS = 3600;

/** The maximum number of session tags. The keys of two tags must not differ only in case (STS AssumeRole, Tags). */
export const MAX_SESSION_TAGS = 50;

/** The tags that `callerTags: true` adds. */
export const CALLER_TAG_KEYS = ['caller-email', 'caller-id'] as const;

/** The maximum length of a session policy (STS AssumeRoleWithWebIdentity, Policy). */
export const MAX_POLICY_CHARACTERS = 2048;

/** The maximum total number of characters in a role's inline policies, not counting white space ("IAM and AWS STS quotas"). */
export const MAX_ROLE_POLICY_CHARACTERS = 10_240;
