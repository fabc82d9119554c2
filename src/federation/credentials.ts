// AWS credentials as we hold them: in memory alone.

export interface AccessKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Absent for a user's long-term keys. */
  readonly sessionToken?: string;
}

/** Credentials of a role's session. */
export interface RoleCredentials extends AccessKeys {
  readonly sessionToken: string;
  /** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, as CloudTrail and policies name it. */
  readonly assumedRoleArn: string;
  /** By STS's clock. */
  readonly expiration: Date;
  /** Milliseconds from being asked for to the expiration, by STS's clock. */
  readonly lifeMs: number;
  /** Milliseconds left. Needs no clock that is right. */
  remainingMs(): number;
}
