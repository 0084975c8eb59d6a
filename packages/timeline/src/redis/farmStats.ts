/** Counters of a farm since it was opened, named after Roshi's where Roshi has them. */
export interface FarmStats {
  insertRecords: number;
  deleteRecords: number;
  /** Operations that did not reach the quorum. */
  quorumFailures: number;
  /** Writes to one replica that failed, whether or not the quorum was reached: what repair has to make good. */
  replicaWriteFailures: number;
  selectKeys: number;
  /** Keys times clusters that were asked. */
  selectSends: number;
  /** Answers that a cluster did not give. */
  selectPartialErrors: number;
  selectSendAllPermitGranted: number;
  selectSendAllPermitRejected: number;
  /** Keys asked of all clusters because the one that was asked first was late or failed. */
  selectSendAllPromotions: number;
  /** Keys whose replicas were found to differ. */
  divergentKeys: number;
  repairRequests: number;
  /** Repairs dropped because too many waited. */
  repairDiscarded: number;
  repairWriteSuccesses: number;
  repairWriteFailures: number;
  walkedKeys: number;
}

export function newFarmStats(): FarmStats {
  return {
    insertRecords: 0,
    deleteRecords: 0,
    quorumFailures: 0,
    replicaWriteFailures: 0,
    selectKeys: 0,
    selectSends: 0,
    selectPartialErrors: 0,
    selectSendAllPermitGranted: 0,
    selectSendAllPermitRejected: 0,
    selectSendAllPromotions: 0,
    divergentKeys: 0,
    repairRequests: 0,
    repairDiscarded: 0,
    repairWriteSuccesses: 0,
    repairWriteFailures: 0,
    walkedKeys: 0,
  };
}
