/** Package entry `zonequake/core`: a validating recursive resolver without IO. */

export type { LocalZone } from './apps/local-root.ts';
export { ZoneCopy } from './apps/static-zone.ts';
export {
  type IsSecure,
  makeZonemd,
  verifyZonemd,
  ZONEMD_SHA384,
  ZONEMD_SHA512,
  type ZonemdMismatch,
  type ZonemdVerdict,
} from './apps/zonemd.ts';
export {
  DEFAULT_CONFIG,
  RECOMMENDED_SERVE_STALE,
  type ResolverConfig,
  type ServeStale,
} from './config.ts';
export type * from './events.ts';
export type { ExtendedError, Message, Question } from './message.ts';
export { Name } from './name/name.ts';
export type { ResolverPorts } from './node.ts';
export { DEFAULT_NEGATIVE_ANCHOR, type NegativeAnchor } from './policy/nta.ts';
export { TagNames, type Tags } from './policy/phases.ts';
export type { PolicyChange, PolicyPorts } from './policy/policy.ts';
export { parseRule, type RuleProblem } from './policy/rule-text.ts';
export type { Rule } from './policy/rules.ts';
export { Resolver } from './resolver.ts';
export type { RRset, Rrsig } from './rrset.ts';
export * from './time.ts';
export {
  DEFAULT_MAINTENANCE,
  type KeyState,
  type MaintenanceSettings,
  newTrustPoint,
  type TrackedKey,
  type TrustPoint,
} from './validate/trust-anchor.ts';
export {
  readTrustAnchorFile,
  type TrustAnchorFile,
  writeTrustAnchorFile,
} from './validate/trust-anchor-file.ts';
export type { Maintenance } from './validate/trust-points.ts';
export {
  type DnsPacket,
  type DnsPacketQuestion,
  type DnsPacketRecord,
  fromDnsPacket,
  toDnsPacket,
} from './wire/dns-packet.ts';
export type { ReadFailure } from './wire/failure.ts';
export { type ReadMessage, readMessage } from './wire/read.ts';
export { type WriteOptions, writeMessage } from './wire/write.ts';
