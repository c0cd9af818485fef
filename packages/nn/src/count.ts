/** A count that belongs to a module's state, such as `numBatchesTracked`; an int64 there, so a bigint in state dicts. */
export class Count {
  value = 0;
}
