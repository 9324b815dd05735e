import Testing

@testable import Labelling

@Suite struct ShardTests {
  @Test(arguments: [1, 2, 3, 7, 100])
  func shardsPartitionEveryList(count: Int) {
    let paths = (0..<1000).map { MediaPath("dir/\($0).mp4") }
    var sizes: [Int] = []
    var seen = 0
    for index in 0..<count {
      let own = paths.filter(Shard(index: index, count: count).contains)
      sizes.append(own.count)
      seen += own.count
    }
    #expect(seen == paths.count)
    #expect(sizes.max()! <= 2 * paths.count / count + 10)
  }

  @Test func theHashNeverChanges() {
    #expect(Shard.hash(Array("a.mp4".utf8)) == 0xCD9C_9650_F119_1D1F)
    let own = (0..<12).filter { Shard(index: 1, count: 4).contains(MediaPath("\($0).mp4")) }
    #expect(own == [6])
  }

  @Test func notation() throws {
    #expect(try Shard(parsing: "2/4") == Shard(index: 2, count: 4))
    #expect(Shard(index: 7, count: 100).fileName == "part-00007-of-00100.jsonl")
    for text in ["4/4", "-1/4", "1", "a/b", "1/0", "1/2/3", ""] {
      #expect(throws: LabelError.self) { try Shard(parsing: text) }
    }
  }

  struct Launch: Sendable {
    let environment: [String: String]
    var count: Int?
    let expected: Shard?
  }

  private static func slurm(_ id: Int, _ least: Int, _ most: Int, _ count: Int, step: Int? = nil)
    -> [String: String]
  {
    var all = [
      "SLURM_ARRAY_TASK_ID": "\(id)", "SLURM_ARRAY_TASK_MIN": "\(least)",
      "SLURM_ARRAY_TASK_MAX": "\(most)", "SLURM_ARRAY_TASK_COUNT": "\(count)",
    ]
    all["SLURM_ARRAY_TASK_STEP"] = step.map(String.init)
    return all
  }

  @Test(arguments: [
    Launch(environment: slurm(3, 0, 9, 10), expected: Shard(index: 3, count: 10)),
    Launch(environment: slurm(5, 1, 9, 5, step: 2), expected: Shard(index: 2, count: 5)),
    Launch(environment: slurm(7, 3, 7, 2), expected: nil),
    Launch(environment: slurm(7, 3, 7, 2), count: 10, expected: Shard(index: 7, count: 10)),
    Launch(environment: slurm(10, 1, 10, 10), count: 10, expected: nil),
    Launch(environment: ["SLURM_ARRAY_TASK_ID": "1"], expected: nil),
    Launch(environment: ["JOB_COMPLETION_INDEX": "2"], expected: nil),
    Launch(
      environment: ["JOB_COMPLETION_INDEX": "2"], count: 3, expected: Shard(index: 2, count: 3)),
    Launch(
      environment: ["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"],
      expected: Shard(index: 1, count: 2)),
    Launch(environment: ["PMI_RANK": "0", "PMI_SIZE": "2"], expected: Shard(index: 0, count: 2)),
    Launch(
      environment: ["SLURM_PROCID": "3", "SLURM_NTASKS": "4"], expected: Shard(index: 3, count: 4)),
    Launch(environment: ["SLURM_PROCID": "4", "SLURM_NTASKS": "4"], expected: nil),
    Launch(environment: [:], expected: nil),
  ])
  func launchersAreUnderstood(launch: Launch) {
    let found = try? ShardEnvironment.shard(in: launch.environment, count: launch.count)
    #expect(found?.shard == launch.expected)
  }
}
