// swift-tools-version: 6.2

import PackageDescription

/// Swift 6 language mode comes with the tools version; warnings are errors everywhere.
let swift: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "vidclass",
  products: [
    .executable(name: "vidclass", targets: ["vidclass"]),
    .library(
      name: "VidclassKit",
      targets: ["VidclassKit"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    // MARK: C libraries and kernels
    .systemLibrary(
      name: "CFFmpeg", pkgConfig: "libavformat libavcodec libswscale libavutil",
      providers: [
        .apt(["libavformat-dev", "libavcodec-dev", "libswscale-dev", "libavutil-dev"])
      ]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(
      name: "CKernels", cSettings: [.define("_GNU_SOURCE")], linkerSettings: [.linkedLibrary("m")]),

    .target(name: "CSandbox", cSettings: [.define("_GNU_SOURCE")]),
    .target(name: "CPageFiles", exclude: ["Files"]),

    // MARK: Numerics
    .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS"], swiftSettings: swift),
    .target(name: "Layers", dependencies: ["Tensors", "CKernels"], swiftSettings: swift),
    .target(name: "Networks", dependencies: ["Layers", "Tensors"], swiftSettings: swift),

    // MARK: Files and video
    .target(name: "FileStore", dependencies: ["CCrypto", "CZlib"], swiftSettings: swift),
    .target(
      name: "WebPages", dependencies: ["CPageFiles", "FileStore"], swiftSettings: swift),
    .target(
      name: "ModelFiles",
      dependencies: ["Networks", "Layers", "Tensors", "ClipSampling", "FileStore"],
      swiftSettings: swift),
    .target(
      name: "VideoDecoding", dependencies: ["CFFmpeg", "CSandbox", "ClipSampling", "FileStore"],
      swiftSettings: swift),
    .target(name: "ClipSampling", swiftSettings: swift),
    .target(
      name: "Datasets", dependencies: ["VideoDecoding", "ClipSampling", "Tensors", "FileStore"],
      swiftSettings: swift),

    // MARK: Learning and using
    .target(
      name: "Training",
      dependencies: [
        "Datasets", "Networks", "Layers", "ModelFiles", "FileStore", "Evaluation", "Tensors",
        "ClipSampling", "VideoDecoding",
      ],
      swiftSettings: swift),
    .target(
      name: "Labelling",
      dependencies: [
        "CSQLite", "Datasets", "Networks", "ModelFiles", "FileStore", "VideoDecoding",
        "ClipSampling", "Tensors", "WebPages",
      ],
      swiftSettings: swift),
    .target(
      name: "Evaluation",
      dependencies: [
        "Datasets", "VideoDecoding", "ClipSampling", "Networks", "ModelFiles", "FileStore",
        "Tensors", "WebPages",
      ],
      swiftSettings: swift),

    .target(
      name: "Benchmarks",
      dependencies: [
        "Layers", "Networks", "Tensors", "VideoDecoding", "Labelling", "ModelFiles",
        "ClipSampling", "Training",
      ],
      swiftSettings: swift),

    // MARK: The library in one, and its documentation
    .target(
      name: "VidclassKit",
      dependencies: [
        "Tensors", "Layers", "Networks", "ModelFiles", "FileStore", "VideoDecoding",
        "ClipSampling", "Datasets", "Training", "Labelling", "Evaluation", "WebPages",
      ],
      swiftSettings: swift),

    // MARK: Programs
    .executableTarget(
      name: "vidclass",
      dependencies: [
        "Training", "Labelling", "Evaluation", "Benchmarks", "Datasets", "ModelFiles", "Networks",
        "Tensors", "VideoDecoding", "ClipSampling", "FileStore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swift),
    .executableTarget(
      name: "clipmaker",
      dependencies: [
        "CFFmpeg", "ClipSampling", "FileStore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swift),

    // MARK: Examples: programs on the public interface alone
    .executableTarget(
      name: "forecast",
      dependencies: [
        "VidclassKit", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/Examples/forecast", packageAccess: false, swiftSettings: swift),
    .executableTarget(
      name: "stills",
      dependencies: [
        "VidclassKit", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/Examples/stills", packageAccess: false, swiftSettings: swift),
    // The file is that of Tests/LibraryPackage, the tutorial as a package of its own.
    .executableTarget(
      name: "tutorial", dependencies: ["VidclassKit"],
      path: "Tests/LibraryPackage/Sources/squares", packageAccess: false, swiftSettings: swift),

    // MARK: Tests
    .target(
      name: "TestSupport", dependencies: ["Tensors"], path: "Tests/TestSupport",
      swiftSettings: swift),
    .target(
      name: "DecodeTrials",
      dependencies: ["VideoDecoding", "ModelFiles", "Networks", "Layers", "ClipSampling"],
      path: "Tests/DecodeTrials", swiftSettings: swift),
    .target(name: "CFuzzer", dependencies: ["CFFmpeg"], path: "Tests/CFuzzer"),
    .executableTarget(
      name: "decodefuzzer", dependencies: ["DecodeTrials", "CFuzzer"], path: "Tests/decodefuzzer",
      swiftSettings: swift),
    .target(
      name: "CCageProbe", path: "Tests/CCageProbe", cSettings: [.define("_GNU_SOURCE")]),
    .executableTarget(
      name: "cageprobe", dependencies: ["CCageProbe", "VideoDecoding"], path: "Tests/cageprobe",
      swiftSettings: swift),
    .testTarget(
      name: "TensorsTests", dependencies: ["Tensors", "TestSupport"], swiftSettings: swift),
    .testTarget(
      name: "LayersTests", dependencies: ["Layers", "CKernels", "TestSupport"], swiftSettings: swift
    ),
    .testTarget(
      name: "NetworksTests", dependencies: ["Networks", "ModelFiles", "Training", "TestSupport"],
      swiftSettings: swift),
    .testTarget(
      name: "FileStoreTests", dependencies: ["FileStore", "TestSupport"], swiftSettings: swift),
    .testTarget(
      name: "WebPagesTests", dependencies: ["WebPages", "TestSupport"], swiftSettings: swift),
    .testTarget(
      name: "ModelFilesTests", dependencies: ["ModelFiles", "Networks", "TestSupport"],
      swiftSettings: swift),
    .testTarget(
      name: "VideoDecodingTests",
      dependencies: ["VideoDecoding", "DecodeTrials", "cageprobe", "TestSupport"],
      swiftSettings: swift),
    .testTarget(name: "ClipSamplingTests", dependencies: ["ClipSampling"], swiftSettings: swift),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "TestSupport"], swiftSettings: swift),
    .testTarget(
      name: "TrainingTests", dependencies: ["Training", "Layers", "Networks", "TestSupport"],
      swiftSettings: swift),
    .testTarget(
      name: "LabellingTests", dependencies: ["Labelling", "CSQLite", "TestSupport"],
      swiftSettings: swift),
    .testTarget(
      name: "EvaluationTests", dependencies: ["Evaluation", "TestSupport"], swiftSettings: swift),
    .testTarget(
      name: "CommandTests", dependencies: ["vidclass", "Training", "TestSupport"],
      swiftSettings: swift),
    // They run the programs, which `swift test` builds with all else: a dependency on them would have
    // this target, the largest of the tests, wait for the largest program.
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "clipmaker", "ModelFiles", "Networks", "ClipSampling", "FileStore", "VideoDecoding",
        "Tensors", "TestSupport",
      ],
      swiftSettings: swift),
  ],
  cLanguageStandard: .gnu11
)
