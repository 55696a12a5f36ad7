/** What to build next, and where: pure functions over snapshots, for the hub and for its simulation. */
export { choose, type Pair, type Waiter } from './choose.ts';
export { blindGuess, type Estimate, estimate, keptRuns, middle, remember, speedOf } from './duration.ts';
export { type Line, startsIn, turnsOfOthers } from './expect.ts';
export { buildOrder, cycles, type Graph, longestChain, longestPaths, reverse, wayRound } from './graph.ts';
export { learnedNeed, needFloor, within } from './learned.ts';
export { joinNeeds, type Needs, noNeeds } from './needs.ts';
export { type Held, nothingHeld, type Offer } from './offer.ts';
export { type Limits, noLimits, Order } from './order.ts';
export { ageWorth, rank } from './rank.ts';
export { excludedBy, hardRefusal, type Refusal, type RefusalCode, refusal, softRefusal } from './refusal.ts';
export { faded, halfLifeSeconds, runningUse } from './share.ts';
export { type Item, lowerBound, type Outcome, type Ranking, simulate, type Worker } from './simulate.ts';
export type { Candidate } from './task.ts';
