import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** What support staff can search accounts by in the Temporal Web UI. Readable by every operator: nothing personal. */
export const accountIdAttribute = defineSearchAttributeKey('AccountId', SearchAttributeType.KEYWORD);
export const planAttribute = defineSearchAttributeKey('Plan', SearchAttributeType.KEYWORD);
export const standingAttribute = defineSearchAttributeKey('Standing', SearchAttributeType.KEYWORD);
export const graceEndsAtAttribute = defineSearchAttributeKey('GraceEndsAt', SearchAttributeType.DATETIME);
