/// Finds out from a launcher's environment variables which shard this process is.
public enum ShardEnvironment {
  /// A shard and the launcher that assigned it, for the message.
  public struct Found: Sendable, Equatable {
    /// The share of this process.
    public let shard: Shard
    /// Such as `Slurm array task 3`.
    public let source: String
  }

  /// Looks for a Slurm array, a Kubernetes indexed job, Open MPI, PMI and a Slurm step, in this
  /// order.
  ///
  /// - Parameters:
  ///   - environment: the process's variables.
  ///   - count: `--shard-count`, which wins over the launcher's own count; needed for Kubernetes,
  ///     and for a Slurm array that is resubmitted in part.
  /// - Throws: `LabelError` with code `usage` when no launcher is found, or when its variables do
  ///   not tell a complete partition.
  public static func shard(
    in environment: [String: String], count: Int?
  ) throws(LabelError) -> Found {
    if environment["SLURM_ARRAY_TASK_ID"] != nil {
      return try slurmArray(environment, count: count)
    }
    if let index = environment["JOB_COMPLETION_INDEX"] {
      guard let count else {
        throw LabelError(
          .usage,
          "`shard` auto: Kubernetes tells the index (\(index)) but not how many there are; "
            + "give `shardCount`")
      }
      return try found("Kubernetes job index", index, String(count))
    }
    let ranks = [
      ("Open MPI rank", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
      ("PMI rank", "PMI_RANK", "PMI_SIZE"), ("Slurm task", "SLURM_PROCID", "SLURM_NTASKS"),
    ]
    for (source, rank, size) in ranks {
      guard let index = environment[rank] else { continue }
      guard let total = count.map(String.init) ?? environment[size] else {
        throw LabelError(
          .usage, "`shard` auto: \(rank) is set but \(size) is not; give `shardCount`")
      }
      return try found(source, index, total)
    }
    throw LabelError(
      .usage,
      "`shard` auto: no Slurm array, Kubernetes indexed job or MPI launcher is at work; "
        + "give `shard` i/n")
  }

  private static func slurmArray(
    _ environment: [String: String], count: Int?
  ) throws(LabelError) -> Found {
    let id = environment["SLURM_ARRAY_TASK_ID"] ?? ""
    if let count {
      // Counted from 0 whatever part of the array runs now.
      return try found("Slurm array task", id, String(count))
    }
    func number(_ name: String) throws(LabelError) -> Int {
      guard let value = environment[name].flatMap({ Int($0) }) else {
        throw LabelError(.usage, "`shard` auto: \(name) is missing or no number; give `shard` i/n")
      }
      return value
    }
    let task = try number("SLURM_ARRAY_TASK_ID")
    let least = try number("SLURM_ARRAY_TASK_MIN")
    let most = try number("SLURM_ARRAY_TASK_MAX")
    let total = try number("SLURM_ARRAY_TASK_COUNT")
    let step = max(1, environment["SLURM_ARRAY_TASK_STEP"].flatMap { Int($0) } ?? 1)
    guard (task - least) % step == 0, (most - least) / step + 1 == total else {
      throw LabelError(
        .usage,
        "`shard` auto: the Slurm array has gaps (\(total) tasks from \(least) to \(most)), "
          + "files would be left out; give `shardCount` with the size of the whole array")
    }
    return try found("Slurm array task", String((task - least) / step), String(total))
  }

  private static func found(
    _ source: String, _ index: String, _ count: String
  ) throws(LabelError) -> Found {
    guard let index = Int(index), let count = Int(count), count > 0, (0..<count).contains(index)
    else {
      throw LabelError(
        .usage,
        "`shard` auto: \(source) \(index) of \(count) is not counted from 0 to one less "
          + "than the count; give `shard` i/n or number the tasks from 0")
    }
    return Found(shard: Shard(index: index, count: count), source: "\(source) \(index)")
  }
}
