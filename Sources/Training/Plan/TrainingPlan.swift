import ClipSampling
import Datasets
import FileStore
import Foundation
import ModelFiles
import Networks
import Tensors

/// Everything about a training that is decided before the first frame is decoded; nothing is
/// written to make one.
public struct TrainingPlan {
  /// What the user asked for.
  public let request: TrainingRequest
  /// All clips of the data set, and what was left out.
  public let index: DatasetIndex
  /// Which clip is on which side.
  public let division: DatasetSplit
  /// Which classes a flip would turn into each other.
  public let mirror: LabelMirror
  /// What a checkpoint must share to be gone on with.
  public internal(set) var identity: TrainingIdentity
  /// Clips to learn from; those that cannot be decoded are taken out by `leaveOut`.
  public internal(set) var train: [Clip]
  /// Clips to score each epoch; they choose which epoch's weights are kept.
  public internal(set) var validation: [Clip]
  /// Clips to score once, at the end of a fold of a cross-validation.
  public internal(set) var held: [Clip]
  /// Clips that cannot be decoded, taken out of all sides.
  public internal(set) var leftOut: [ClipFailure] = []
  /// Fresh weights, or those of the model to start from.
  public internal(set) var network: Network
  /// What the weights started from, for people; nil for fresh ones.
  public let start: String?
  /// The first node that has fresh weights; nil where all come of `start`.
  let firstNewNode: Int?
  /// So many nodes of the network, from the first on, learn nothing.
  let frozenNodes: Int
  /// What makes the scores of a training that starts from a model doubtful; nil where nothing does.
  public let startWarning: String?

  /// Reads the weights to start from; decodes nothing.
  ///
  /// - Throws: `DatasetError`, `TrainingError` or another module's, where the request cannot be
  ///   met.
  public init(_ request: TrainingRequest, index: DatasetIndex) throws {
    let request = try request.withPretrainedTrunk()
    self.request = request
    self.index = index
    try index.requireTrainable()
    let begin = try request.initialModel.map {
      try StartingPoint(path: $0, architecture: request.architecture)
    }
    let initial = begin?.model
    mirror = LabelMirror(classes: index.classes)

    let fraction = request.validationFraction ?? 0.2
    division = try Splitter.split(
      index,
      SplitOptions(
        validationFraction: fraction, seed: request.seed, holdOut: request.validationGroups,
        fold: request.fold ?? TrainingPlan.heldFold(request, of: index)))
    train = Splitter.part(request.share, of: division.train, seed: request.seed)
    validation = request.fold == nil ? division.validation : []
    held = request.fold == nil ? [] : division.validation
    guard Set(train.map(\.classIndex)).count > 1 else {
      throw TrainingError(
        .data,
        "\(PathText.display(request.data)): only one class is left to train on; hold out fewer clips"
      )
    }

    let drawn = try ArchitectureFile(request.architecture)
    let preprocessing = try TrainingPlan.preprocessing(
      request, begin: begin, drawn: drawn?.architecture.input)
    var settings = TrainingSettings(
      clips: train.count, classCounts: TrainingPlan.counts(train, classes: index.classes.count),
      flip: request.flip ?? mirror.allowsFlip, batchSize: request.batchSize,
      epochs: request.epochs, clipsPerVideo: request.clipsPerVideo)
    settings.take(request)
    settings.validationFraction = fraction
    settings.initialModel = begin?.hash
    try settings.validate()

    let architecture = try TrainingPlan.architecture(
      request, begin: begin, drawn: drawn, dropout: settings.dropout,
      input: InputShape(
        frames: preprocessing.frames, height: preprocessing.height, width: preprocessing.width,
        channels: preprocessing.channels), classes: index.classes.count, clips: train.count)
    network = try Network(architecture: architecture, seed: request.drawSeed)
    // Known by the clips' names, so a data set that only shares some of them goes unnoticed.
    if let initial, initial.metadata.datasetHash == index.fingerprint,
      initial.metadata.splitHash != division.fingerprint
    {
      startWarning =
        "\(PathText.display(request.initialModel ?? "")) was trained on this data set with other "
        + "clips held out: it knows clips that are held out now, and the scores will flatter"
    } else {
      startWarning = nil
    }
    let filling = try begin?.fill(network, classes: index.classes)
    let freeze = try FrozenLayers(settings, network: network, firstNewNode: filling?.firstNewNode)
    frozenNodes = freeze.count
    firstNewNode = begin == nil ? 0 : filling?.firstNewNode
    settings.protectLearned(request, firstNewNode: filling?.firstNewNode)
    start = filling.map {
      "\(PathText.display(request.initialModel ?? "")): \($0.sentence)" + (freeze.note ?? "")
    }
    identity = TrainingIdentity(
      settings: settings, preprocessing: preprocessing,
      architecture: StableJSON.text(architecture), classes: index.classes,
      dataset: TrainingPlan.hash(index.clips) { "\($0.label)" },
      split: TrainingPlan.splitHash(train: train, validation: validation),
      kernels: InstructionSet.name, stream: request.limits.stream)
  }

  /// The plan of another training on the same clips, with fresh weights.
  func sibling(_ request: TrainingRequest) throws -> TrainingPlan {
    var plan = try TrainingPlan(request, index: index)
    try plan.leaveOut(leftOut)
    plan.identity.content = identity.content
    return plan
  }

  /// The plans of as many trainings as `part` counts, each asked for another one and with a network
  /// of its own.
  ///
  /// - Precondition: this plan was asked for one.
  func siblings(_ part: WritableKeyPath<TrainingRequest, Fold?>) throws -> [TrainingPlan] {
    guard let first = request[keyPath: part] else {
      preconditionFailure("a part must be asked for")
    }
    return try (1...first.count).map { try sibling(part, Fold(number: $0, of: first.count)) }
  }

  /// The plan of another one of these.
  func sibling(
    _ part: WritableKeyPath<TrainingRequest, Fold?>, _ fold: Fold
  ) throws -> TrainingPlan {
    var request = request
    request[keyPath: part] = fold
    return try sibling(request)
  }

  /// What clips go through before the network.
  public var preprocessing: Preprocessing { identity.preprocessing }
  /// All numbers of the training, decided.
  public var settings: TrainingSettings { identity.settings }

  /// What the user should know about the names and how they are divided, a line each.
  public var dataWarnings: [String] {
    index.warnings + division.warnings + [startWarning].compactMap { $0 }
  }

  /// Clips to train on of each class.
  public var trainingCounts: [Int] {
    TrainingPlan.counts(train, classes: identity.classes.count)
  }

  /// The values that learn: all, or with `--freeze` those of the last layers.
  func parameterGroups(stepsPerEpoch: Int) -> [ParameterGroup] {
    let tuning = FineTuning(
      settings, network: network, frozen: frozenNodes,
      firstNew: firstNewNode ?? network.architecture.headStart, stepsPerEpoch: stepsPerEpoch)
    return ParameterGroup.joined(
      network.entries.filter { $0.node >= frozenNodes }.map {
        let pace = tuning.pace(of: $0.node)
        return ParameterGroup(
          range: $0.range, decays: $0.role == .weight, firstStep: pace.firstStep, rate: pace.rate)
      })
  }

  /// Classes whose clips to train on, or to validate on, were all left out, a sentence each.
  var emptiedClasses: [String] {
    let lost = leftOut.map(\.clip)
    return identity.classes.indices.compactMap { index -> String? in
      guard lost.contains(where: { $0.classIndex == index }) else { return nil }
      func isEmpty(_ clips: [Clip]) -> Bool { !clips.contains { $0.classIndex == index } }
      let name = PathText.display(identity.classes[index])
      if isEmpty(train) {
        return "no clip of \"\(name)\" to train on can be decoded; the model cannot learn it"
      }
      let held = validation + held
      return !held.isEmpty && isEmpty(held)
        ? "no clip of \"\(name)\" to validate on can be decoded; its score is unknown" : nil
    }
  }

  /// Takes out clips that could not be decoded.
  ///
  /// - Throws: when too little is left to train.
  public mutating func leaveOut(_ failures: [ClipFailure]) throws {
    let lost = Set(failures.map(\.clip.identity))
    leftOut = failures
    train.removeAll { lost.contains($0.identity) }
    validation.removeAll { lost.contains($0.identity) }
    held.removeAll { lost.contains($0.identity) }
    guard Set(train.map(\.classIndex)).count > 1 else {
      let first = failures.first.map { ", the first: \($0.message)" } ?? ""
      throw TrainingError(
        .data,
        "\(PathText.display(request.data)): \(failures.count) clips cannot be decoded, and fewer "
          + "than two classes are left to train on\(first)")
    }
  }

  /// With these, which go into the model, anybody who has the clips can tell which of them were held
  /// out.
  var facts: [String: String] {
    var facts: [String: String] = [:]
    if let pattern = request.groupBy { facts["group_by"] = pattern }
    if let name = request.background { facts["background"] = name }
    if let depth = request.classDepth { facts["class_depth"] = "\(depth)" }
    if let stream = request.limits.stream { facts["stream"] = "\(stream)" }
    if !request.validationGroups.isEmpty {
      facts["validation_groups"] = StableJSON.text(request.validationGroups)
    }
    return facts
  }

  // MARK: Choices

  /// The preset that suits an amount of data: a few hundred clips do not fill a wide network.
  public static func standardArchitecture(clips: Int) -> String {
    clips < 300 ? "conv3d-lstm-small" : "conv3d-lstm"
  }

  static func counts(_ clips: [Clip], classes: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: classes)
    for clip in clips { counts[clip.classIndex] += 1 }
    return counts
  }

  /// Whether members of an ensemble hold out parts of the groups in turn.
  var isHeldOutInTurn: Bool { TrainingPlan.heldFold(request, of: index) != nil }

  /// The part of the groups that a member of an ensemble holds out; nil where the data set or the
  /// request says itself what is held out.
  private static func heldFold(_ request: TrainingRequest, of index: DatasetIndex) -> Fold? {
    guard request.validationGroups.isEmpty, request.validationFraction != 0,
      !index.clips.contains(where: { $0.split == .validation })
    else { return nil }
    return request.member
  }

  static func splitHash(train: [Clip], validation: [Clip]) -> String {
    Digest.sha256(
      hash(train) { _ in "train" } + hash(validation) { _ in "validation" })
  }

  /// Of paths, ranges and what `detail` adds; the same wherever the data set lies.
  private static func hash(_ clips: [Clip], _ detail: (Clip) -> String) -> String {
    var hash = SHA256()
    for clip in clips {
      hash.update(
        "\(clip.path)\u{0}\(clip.start ?? -1)\u{0}\(clip.end ?? -1)\u{0}\(detail(clip))\n")
    }
    return hash.finish()
  }
}

extension TrainingSettings {
  /// What the user decided overrides what the amount of data suggests.
  mutating func take(_ request: TrainingRequest) {
    seed = request.drawSeed
    if let value = request.optimizer {
      optimizer = value
      // SGD wants a larger step than Adam, and less decay.
      if value == .sgd { (learningRate, weightDecay) = (0.05, 5e-4) }
    }
    if let preset = Preset.all.first(where: { $0.name == request.architecture }) {
      learningRate *= preset.learningRateFactor
    }
    if request.initialModel != nil { learningRate *= request.freeze == .trunk ? 1 : 0.5 }
    if let value = request.learningRate { learningRate = value }
    if let value = request.schedule { schedule = value }
    if let value = request.warmup { warmup = value }
    if let value = request.weightDecay { weightDecay = value }
    if let value = request.labelSmoothing { labelSmoothing = value }
    if let value = request.dropout { dropout = value }
    if let value = request.classWeights { classWeights = value }
    if let value = request.augmentation { augmentation = value }
    if let value = request.mixup {
      let own = AugmentationSettings(level: augmentation, flip: flip).mixup
      mixup = value == Double(own) ? nil : value
    }
    if let value = request.averageDecay { averageDecay = value }
    earlyStop = request.earlyStop
    if request.exactConvolution { exactConvolution = true }
    if request.precision.resolved == .bf16 { precision = .bf16 }
    switch request.freeze {
    case .trunk: freeze = true
    case .layers(let count): frozenLayers = count
    case nil: break
    }
    (headFirst, trunkRate) = (request.headFirst, request.trunkRate)
  }
}
