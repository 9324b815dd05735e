import ClipSampling

extension EvaluationReport: Encodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private typealias Container = KeyedEncodingContainer<Key>

  public func encode(to encoder: any Encoder) throws {
    var json = encoder.container(keyedBy: Key.self)
    for metric in Metric.allCases {
      var figure = json.nestedContainer(keyedBy: Key.self, forKey: Key(metric.rawValue))
      try put(bootstrap[metric], into: &figure)
      if metric == .topK { try figure.encode(metrics.k, forKey: Key("k")) }
    }
    try json.encode(scored.count, forKey: Key("clips"))
    try json.encode(skipped.count, forKey: Key("skipped"))
    try json.encode(scored.classes, forKey: Key("classes"))
    try json.encode(metrics.confusion, forKey: Key("confusion"))
    try putClasses(into: &json)
    try putBaselines(into: &json)
    try put(clipsPerSecond, "clips_per_second", into: &json)
    try json.encodeIfPresent(disagreement, forKey: Key("ensemble"))
    try json.encodeIfPresent(thresholds, forKey: Key("thresholds"))
    var intervals = json.nestedContainer(keyedBy: Key.self, forKey: Key("intervals"))
    try intervals.encode(bootstrap.unit.rawValue, forKey: Key("unit"))
    try intervals.encode(bootstrap.unitCount, forKey: Key("count"))
    try intervals.encode(bootstrap.resamples, forKey: Key("resamples"))
    if let perVideo {
      var videos = json.nestedContainer(keyedBy: Key.self, forKey: Key("per_video"))
      try videos.encode(perVideo.count, forKey: Key("videos"))
      try put(perVideo.metrics[.top1], "top1", into: &videos)
      try put(perVideo.metrics[.macroF1], "macro_f1", into: &videos)
    }
    if !skipped.isEmpty {
      var list = json.nestedUnkeyedContainer(forKey: Key("skipped_clips"))
      for (path, reason) in skipped {
        try list.encode(["filepath": path, "reason": reason])
      }
    }
  }

  private func putClasses(into json: inout Container) throws {
    var list = json.nestedUnkeyedContainer(forKey: Key("per_class"))
    for (index, name) in scored.classes.enumerated() {
      var item = list.nestedContainer(keyedBy: Key.self)
      let figures = metrics.perClass[index]
      try item.encode(name, forKey: Key("name"))
      try put(figures.precision, "precision", into: &item)
      try put(figures.recall, "recall", into: &item)
      try put(figures.f1, "f1", into: &item)
      try item.encode(Int(clamping: figures.support), forKey: Key("support"))
      var intervals = item.nestedContainer(keyedBy: Key.self, forKey: Key("intervals"))
      let own = bootstrap.perClass[index]
      for (key, interval) in [
        ("precision", own.precision), ("recall", own.recall), ("f1", own.f1),
      ] {
        var figure = intervals.nestedContainer(keyedBy: Key.self, forKey: Key(key))
        try put(interval, into: &figure)
      }
    }
  }

  private func putBaselines(into json: inout Container) throws {
    var list = json.nestedContainer(keyedBy: Key.self, forKey: Key("baselines"))
    for baseline in baselines {
      var item = list.nestedContainer(keyedBy: Key.self, forKey: Key(baseline.key))
      try put(baseline.metrics[.top1], "top1", into: &item)
      try put(baseline.metrics[.macroF1], "macro_f1", into: &item)
    }
  }

  private func put(_ interval: Interval, into json: inout Container) throws {
    try put(interval.value, "value", into: &json)
    try put(interval.low, "low", into: &json)
    try put(interval.high, "high", into: &json)
  }

  /// JSON has no word for a figure that is not defined but null.
  private func put(_ figure: Double?, _ key: String, into json: inout Container) throws {
    if let figure, figure.isFinite {
      try json.encode(figure, forKey: Key(key))
    } else {
      try json.encodeNil(forKey: Key(key))
    }
  }
}
