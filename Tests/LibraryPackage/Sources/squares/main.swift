import VidclassKit

// A clip of 8 frames of 16 × 16 pixels in which a square moves left, right, up or down.
let input = InputShape(frames: 8, height: 16, width: 16, channels: 1)
let directions = [(x: -1, y: 0), (x: 1, y: 0), (x: 0, y: -1), (x: 0, y: 1)]

func clip(_ label: Int, random: inout RandomStream) -> [Float] {
  var pixels = (0..<input.count).map { _ in random.uniform(-0.5, 0.5) }
  let (left, top) = (random.integer(below: 16), random.integer(below: 16))
  for frame in 0..<8 {
    for part in 0..<16 {
      let x = (left + directions[label].x * frame + part % 4 + 16) % 16
      let y = (top + directions[label].y * frame + part / 4 + 16) % 16
      pixels[(frame * 16 + y) * 16 + x] += 1
    }
  }
  return pixels
}

let architecture = Architecture(
  name: "squares", input: input, classes: directions.count,
  layers: [
    .conv3D(name: "conv1", filters: 16, kernel: Extent3(3, 3, 3), padding: .one, bias: false),
    .batchNorm(name: "norm1"), .relu, .maxPool3D(window: Extent3(1, 2, 2)),
    .conv3D(name: "conv2", filters: 16, kernel: Extent3(3, 3, 3), padding: .one, bias: true),
    .relu, .globalAveragePool, .flatten, .dense(name: "head", outputs: directions.count),
  ])
let network = try Network(architecture: architecture, seed: 1)
print("\(network.parameterCount) parameters")

let pool = WorkerPool(threads: 2)
let learner = try Learner(network, batch: 32, pool: pool)
var random = RandomStream(seed: 1, purpose: .custom)
for step in 1...300 {
  let labels = (0..<32).map { _ in random.integer(below: directions.count) }
  let clips = labels.map { clip($0, random: &random) }
  let loss = try learner.step(clips, labels: labels, learningRate: 0.003)
  if step % 50 == 0 { print("step \(step), loss \(loss)") }
}

let executor = try Executor(network: network, batch: 100, mode: .inference, pool: pool)
let truth = (0..<100).map { $0 % directions.count }
for (position, label) in truth.enumerated() {
  executor.setInput(clip(label, random: &random), at: position)
}
executor.forward(count: truth.count)
let correct = zip(executor.predictedClasses(count: truth.count), truth).filter { $0 == $1 }.count
print("accuracy \(Double(correct) / Double(truth.count))")
let first = executor.withLogits { Softmax.probabilities($0.extracting(..<directions.count)) }
print("probabilities of the first clip \(first)")
pool.shutDown()
