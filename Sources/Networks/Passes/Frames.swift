import Layers

extension Graph {
  /// So many nodes, from the first on, make each frame from the same frame of what they read: a picture
  /// network on every frame, up to where time comes in. In inference these can run frame by frame,
  /// and what lies between them is so small that it stays in the cache.
  ///
  /// None where a clip has a single frame, or where what comes after reads the input itself. Volumes
  /// only: sequences lie in memory with time before clips.
  var nodesByFrame: Int {
    guard let frames = shapes[0].frames, frames > 1 else { return 0 }
    let count =
      places.firstIndex { place in
        let layer = place.layer
        return !layer.layer.worksByFrame(layer.inputs) || layer.output.frames != frames
          || !layer.inputs.allSatisfy { $0.frames == frames }
      } ?? 0
    return places[count...].contains { $0.inputs.contains(0) } ? 0 : count
  }
}

extension PlacedLayer {
  /// The layer as it works on clips of one frame.
  var onOneFrame: PlacedLayer {
    PlacedLayer(name: name, layer: layer, inputs: inputs.map(\.oneFrame), output: output.oneFrame)
  }
}
