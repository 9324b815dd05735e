extension BatchNorm: ExecutableLayer {
  package func stage(_ place: PlacedLayer) -> any Stage { fatalError() }
}
extension MaxPool3D: ExecutableLayer {
  package func stage(_ place: PlacedLayer) -> any Stage { fatalError() }
}
extension ReLU { package func stage(_ place: PlacedLayer) -> any Stage { fatalError() } }
extension Add: ExecutableLayer {
  package func stage(_ place: PlacedLayer) -> any Stage { fatalError() }
}
