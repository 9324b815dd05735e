// swift-tools-version: 6.2

import PackageDescription

// A package as a user of the library writes one: the program of the tutorial, on VidclassKit alone.
let package = Package(
  name: "LibraryPackage",
  dependencies: [.package(name: "vidclass", path: "../..")],
  targets: [
    .executableTarget(
      name: "squares", dependencies: [.product(name: "VidclassKit", package: "vidclass")])
  ]
)
