import Foundation
import Tensors
import TestSupport
import Testing

/// `vidclass bench` measures what it says, under the keys that comparisons read.
@Suite(.waitsForPrograms) struct BenchTests {
  private func json(_ run: ProgramRun) throws -> [String: Any] {
    try #require(
      JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any], "\(run.errors)")
  }

  @Test(arguments: ["infer", "train"])
  func networks(task: String) throws {
    let run = try ProgramRun(
      "vidclass", ["bench", task, "--batch", "1", "--rounds", "2", "--json"])
    let result = try json(run)
    let seconds = try #require(result["seconds"] as? [String: Double])
    let (median, rate) = (seconds["median"] ?? 0, result["clips_per_second"] as? Double ?? 0)
    #expect(median > 0 && abs(rate * median - 1) < 1e-6)
    #expect((seconds["min"] ?? 2) <= median && median <= (seconds["max"] ?? 0))
    #expect(
      result["task"] as? String == task
        && result["precision"] as? String == Precision.auto.resolved.rawValue)
    #expect((result["peak_mib"] as? Double ?? 0) > 10)
  }

  @Test(arguments: [([], "winograd"), (["--exact-conv"], "direct")])
  func kernels(options: [String], method: String) throws {
    let run = try ProgramRun(
      "vidclass",
      ["bench", "kernels", "--workload", "std", "--batch", "1", "--rounds", "3", "--json"] + options
    )
    let result = try json(run)
    #expect((result["peak_gflops"] as? Double ?? 0) > 1)
    let layers = try #require(result["layers"] as? [[String: Any]])
    // Three passes of four layers; the first needs no gradient of its input.
    #expect(layers.count == 11)
    for layer in layers {
      // All of the workload's layers are pooled.
      let pooled = method == "winograd" && layer["pass"] as? String == "weight_gradient"
      #expect(layer["method"] as? String == (pooled ? "pooled" : method))
    }
    for layer in layers {
      let share = layer["share_of_peak"] as? Double ?? 0
      // No kernel does more than the processor can, but other programs come between it and the peak.
      #expect(share > 0.001 && share < 4, "\(layer)")
    }
  }

  @Test func labelling() throws {
    let run = try ProgramRun(
      "vidclass",
      ["bench", "label", Repository.path + "/Tests/Fixtures/movie", "--rounds", "1", "--json"])
    let result = try json(run)
    #expect(result["files"] as? Int == 1 && result["failed"] as? Int == 0)
    #expect((result["videos_per_second"] as? Double ?? 0) > 0)
    let spent = try #require(result["spent"] as? [String: Double])
    let parts = ["read", "decode", "convert", "network"].map { spent[$0] ?? 0 }
    #expect(parts.allSatisfy { $0 > 0 } && (result["writing"] as? Double ?? 0) > 0)
    #expect(parts.reduce(0, +) <= spent["all"] ?? 0, "\(spent)")
  }

  /// On every processor; `auto` says what it came to.
  @Test(arguments: ["infer", "train"]) func inBF16(task: String) throws {
    let run = try ProgramRun(
      "vidclass",
      ["bench", task, "--batch", "1", "--rounds", "1", "--precision", "bf16", "--json"])
    #expect(try json(run)["precision"] as? String == "bf16")
    let auto = try ProgramRun(
      "vidclass", ["bench", task, "--batch", "1", "--rounds", "1", "--json"])
    let resolved = try #require(try json(auto)["precision"] as? String)
    #expect(resolved == Precision.auto.resolved.rawValue)
  }

  @Test func precisionIsAnnounced() throws {
    let run = try ProgramRun(
      "vidclass",
      ["train", Repository.path + "/clips", "--dry-run", "--precision", "bf16", "--json"]
        + ["-o", ScratchFolder()("m.safetensors")])
    #expect(try json(run)["precision"] as? String == "bf16")
    #expect(run.errors.contains("bf16, \(InstructionSet.name) kernels"), "\(run.errors)")
  }

  @Test func directConvolutionsAreAnnounced() throws {
    let run = try ProgramRun(
      "vidclass",
      ["train", Repository.path + "/clips", "--dry-run", "--exact-conv", "--precision", "fp32"]
        + ["-o", ScratchFolder()("m.safetensors")])
    #expect(run.exitCode == 0)
    #expect(run.errors.contains("kernels, direct convolutions"), "\(run.errors)")
  }
}
