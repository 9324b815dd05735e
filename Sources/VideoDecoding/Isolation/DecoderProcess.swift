internal import CSandbox
import Foundation

/// One decoder process and the wire to it; ended for good when this goes away.
final class DecoderProcess {
  let pid: pid_t
  private let wire: Wire
  private var isReaped = false
  /// Clips opened in it.
  private(set) var clips = 0
  /// Whether it only counts with its cage closed.
  let mustBeConfined: Bool
  /// Hears how far the process is confined, before its first answer.
  private let onReady: (SandboxReport) -> Void
  private var isReady = false

  /// How a process came to its end.
  struct WorkerExit {
    /// The signal that ended it; 0 when it ended by itself.
    let signal: Int32
    /// Most memory it ever had resident.
    let peakBytes: Int64
  }

  /// Starts `executable`; nil with `errno` set where the system refuses.
  init?(
    executable: String, arguments: [String], mustBeConfined: Bool,
    onReady: @escaping (SandboxReport) -> Void
  ) {
    self.mustBeConfined = mustBeConfined
    self.onReady = onReady
    guard let requests = Ends.socket() else { return nil }
    guard let answers = Ends.pipe(bytes: 1 << 20) else {
      close(requests.reading)
      close(requests.writing)
      return nil
    }
    let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer {
      close(requests.reading)
      close(answers.writing)
      if nowhere >= 0 { close(nowhere) }
    }
    wire = Wire(input: answers.reading, output: requests.writing)

    var argv = ([executable] + arguments).map { strdup($0) }
    // Where libraries are, and nothing else that could change what decoding does.
    let kept = ["LD_LIBRARY_PATH", "PATH", "LANG", "TMPDIR"]
    var environment = kept.compactMap { name in
      getenv(name).map { strdup("\(name)=\(String(cString: $0))") }
    }
    environment.append(strdup("SWIFT_BACKTRACE=enable=no"))
    // A decoder multiplies no matrices; OpenBLAS would start threads before `main`.
    environment.append(strdup("OPENBLAS_NUM_THREADS=1"))
    environment.append(strdup("OMP_NUM_THREADS=1"))
    defer {
      for string in argv + environment { free(string) }
    }
    argv.append(nil)
    environment.append(nil)
    var process = pid_t(0)
    let error = vc_spawn(
      executable, argv, environment, requests.reading, answers.writing,
      nowhere >= 0 ? nowhere : STDERR_FILENO, &process)
    pid = process
    guard error == 0 else {
      isReaped = true
      errno = error
      return nil
    }
    // The processes load their libraries at the same time: the first answer is awaited later.
  }

  deinit { _ = end() }

  // MARK: Talking

  func beginClip() { clips += 1 }

  /// From now on so many more seconds of processor time: the system's own guard behind the clock.
  func allow(seconds: Double) {
    let used = vc_cpu_seconds(pid)
    if used >= 0 { _ = vc_allow_cpu(pid, used, seconds) }
  }

  /// - Parameter descriptor: An open file that goes along.
  func send(
    _ kind: Message.Kind, _ description: [UInt8] = [], descriptor: Int32? = nil
  ) -> Bool {
    wire.send(kind, description, descriptor: descriptor)
  }

  /// Waits until it has told how far it is confined.
  func awaitReady(_ waitLimit: inout WaitLimit) throws(Wire.Failure) {
    let (header, description) = try wire.receive(&waitLimit)
    guard header.kind == .ready else { throw .malformed }
    try takeReport(header, description)
  }

  /// Next message that is no mere sign of life.
  func receive(
    _ waitLimit: inout WaitLimit
  ) throws(Wire.Failure) -> (header: Message.Header, description: [UInt8]) {
    while true {
      if let message = try receiveOrSign(&waitLimit) { return message }
    }
  }

  /// Next message; nil for a mere sign of life.
  func receiveOrSign(
    _ waitLimit: inout WaitLimit
  ) throws(Wire.Failure) -> (header: Message.Header, description: [UInt8])? {
    let message = try wire.receive(&waitLimit)
    waitLimit.noteMessage()
    switch message.header.kind {
    case .ready: try takeReport(message.header, message.description)
    case .alive: guard message.header.payload == 0 else { throw .malformed }
    default:
      guard isReady || !mustBeConfined else { throw .unconfined }
      return message
    }
    return nil
  }

  private func takeReport(
    _ header: Message.Header, _ description: [UInt8]
  ) throws(Wire.Failure) {
    guard header.payload == 0, !isReady,
      let report = Message.decode(SandboxReport.self, from: description)
    else { throw .malformed }
    isReady = true
    onReady(report)
    if mustBeConfined && !report.isClosed { throw .unconfined }
  }

  /// The payload of the message just received.
  func receivePayload(_ count: Int, _ waitLimit: inout WaitLimit) throws(Wire.Failure) -> [UInt8] {
    try wire.read(count, &waitLimit)
  }

  /// The payload of the message just received, into all of `bytes`.
  func receivePayload(
    into bytes: inout [UInt8], _ waitLimit: inout WaitLimit
  ) throws(Wire.Failure) {
    try wire.fill(&bytes, &waitLimit)
  }

  // MARK: Ending

  /// Whether it still runs.
  var isAlive: Bool { !isReaped && reap(wait: false) == nil }

  /// Ends it, if it has not ended by itself already.
  func end() -> WorkerExit {
    guard !isReaped else { return WorkerExit(signal: 0, peakBytes: 0) }
    if let workerExit = reap(wait: false) { return workerExit }
    kill(pid, SIGKILL)
    let peakBytes = reap(wait: true)?.peakBytes ?? 0
    isReaped = true
    // Our own signal says nothing about what it died of.
    return WorkerExit(signal: 0, peakBytes: peakBytes)
  }

  /// Waits for a process whose end of the wire is closed: it is about to end by itself.
  func awaitEnd() -> WorkerExit {
    for _ in 0..<200 {
      if isReaped { break }
      if let workerExit = reap(wait: false) { return workerExit }
      usleep(5000)
    }
    return end()
  }

  private func reap(wait: Bool) -> WorkerExit? {
    var status: Int32 = 0
    var peak: Int64 = 0
    guard vc_wait(pid, wait ? 1 : 0, &status, &peak) == 0 else { return nil }
    isReaped = true
    return WorkerExit(signal: status & 0x7f, peakBytes: peak)
  }

  // MARK: Ways to it and from it

  private struct Ends {
    let reading: Int32
    let writing: Int32

    static func pipe(bytes: Int32) -> Ends? {
      var ends: [Int32] = [-1, -1]
      let error = vc_pipe(&ends, bytes)
      guard error == 0 else {
        errno = error
        return nil
      }
      return Ends(reading: ends[0], writing: ends[1])
    }

    /// Over which open files can be passed, one way only.
    static func socket() -> Ends? {
      var ends: [Int32] = [-1, -1]
      let error = vc_socket_pair(&ends)
      guard error == 0 else {
        errno = error
        return nil
      }
      return Ends(reading: ends[1], writing: ends[0])
    }
  }
}
