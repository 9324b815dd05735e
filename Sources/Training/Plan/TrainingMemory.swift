import Datasets
import Networks
import Tensors

/// Memory that a training takes, in bytes.
struct TrainingMemory {
  /// Activations, gradients, packed weights and scratch, of training and of scoring.
  let work: Int
  /// Weights, gradients, the optimiser's state, the average and the best of the weights.
  let weights: Int
  /// Inputs that are ready ahead of time.
  let batches: Int

  var total: Int { work + weights + batches }

  /// - Parameters:
  ///   - work: of the executors of training and scoring.
  ///   - slots: values that the optimiser keeps for each parameter.
  ///   - prefetch: batches that are ready or in work at once.
  init(_ plan: TrainingPlan, work: Int, slots: Int, prefetch: Int) {
    let float = MemoryLayout<Float>.size
    self.work = work
    weights = (4 + slots) * plan.network.parameters.count * float
    batches =
      2 * prefetch * plan.settings.batchSize * InputBuilder.inputCount(plan.preprocessing) * float
  }

  /// Plans the executors of a training without touching their memory.
  ///
  /// - Throws: where the address space does not hold it.
  init(planning plan: TrainingPlan, pool: WorkerPool) throws {
    let settings = plan.settings
    func bytes(_ mode: Executor.Mode) throws -> Int {
      try Executor(
        network: plan.network, batch: settings.batchSize, mode: mode,
        exactConvolution: settings.exactConvolution ?? false,
        precision: settings.precision ?? .fp32,
        frozen: plan.frozenNodes, pool: pool
      ).peakBytes
    }
    self.init(
      plan, work: try bytes(.training) + bytes(.inference),
      slots: settings.optimizer == .adamw ? 2 : 1, prefetch: TrainingMemory.usualPrefetch)
  }

  /// Of `LoaderOptions.training`.
  private static let usualPrefetch = 3
}
