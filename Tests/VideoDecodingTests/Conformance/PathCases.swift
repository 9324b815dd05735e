import Foundation
import Testing
import VideoDecoding

extension ConformanceCase {
  /// Names that mean something to somebody, and things that are no files.
  static let paths: [ConformanceCase] = [
    .error(54, "list.mp4", .format, word: "is not a video"),
    .error(55, "playlist.mp4", .format, word: "is not a video"),
    .error(55, "dash.mp4", .format, word: "is not a video"),
    .error(56, "session.mp4", .format, word: "is not a video"),
    .error(57, "note.txt", .format, word: "is not a video"),
    .error(58, "picture.mp4", .format, word: "is not a video"),
    .error(58, "img-%03d.png", .format, word: "is not a video"),
    .own(59, "bare names that look like protocols") {
      let names = ["http:evil.mp4", "concat:x|y.mp4", "a:b.mp4", "file:c.mp4", "pipe:0"]
      let folder = Fixtures.path("bare")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for name in names {
        try Data(Fixtures.bytes("three.mp4")).write(
          to: URL(fileURLWithPath: folder + "/" + name))
      }
      await #expect(processExitsWith: .success) {
        [folder = folder as String, names = names as [String]] in
        // Names alone, so that nothing but the file can be meant; a process has one folder.
        #expect(chdir(folder) == 0)
        for name in names {
          let times = try ClipReader(path: name).frameTimes()
          #expect(times.count == 3, "\(name)")
        }
      }
    },
    .own(60, "names of any bytes") {
      for name in ["-i.mp4", "new\nline.mp4", "$(id).mp4", "tab\t\u{1b}[31m.mp4"] {
        let path = try Fixtures.write(Fixtures.bytes("three.mp4"), to: name)
        try expectFrames(path, frames: 3)
        // The same name with something behind it is told of in one line.
        expectError(path + "\n", .notFound)
      }
    },
    .own(60, "a name that is not UTF-8") {
      let bytes = Array(Fixtures.folder.utf8) + [0x2f, 0xff, 0xfe] + Array(".mp4".utf8)
      let descriptor = bytes.map { CChar(bitPattern: $0) }.withCString {
        link(Fixtures.path("three.mp4"), $0)
        return open($0, O_RDONLY | O_CLOEXEC)
      }
      try #require(descriptor >= 0)
      defer { close(descriptor) }
      try expectFrames("/proc/\(getpid())/fd/\(descriptor)", frames: 3)
    },
    .error(61, "pipe.mp4", .notRegular, word: "a pipe"),
    .error(61, "nothing", .notRegular),
    .own(61, "devices") {
      expectError("/dev/zero", .notRegular, word: "a device")
      expectError("/dev/null", .notRegular, word: "a device")
    },
    .own(61, "a socket") {
      let path = Fixtures.path("socket.mp4")
      let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(descriptor) }
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      try #require(bound == 0)
      expectError(path, .notRegular, word: "socket")
    },
    .error(62, "dangling.mp4", .notFound),
    .error(62, "loop.mp4", .notFound),
    .ok(62, "link.mp4", frames: 40),
    .own(62, "what may not be read") {
      let paths = [Fixtures.path("secret.mp4"), Fixtures.path("secretlink.mp4")]
      await #expect(processExitsWith: .success) { [paths = paths as [String]] in
        // The superuser may read everything.
        if getuid() == 0 { #expect(setuid(65534) == 0) }
        for path in paths { expectError(path, .permission) }
      }
    },
  ]
}

extension [CChar] {
  /// Calls `body` with these as a C string.
  fileprivate func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (self + [0]).withUnsafeBufferPointer { body($0.baseAddress!) }
  }
}
