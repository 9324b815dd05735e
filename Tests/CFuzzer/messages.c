#include "fuzzer.h"

#include "../../Sources/CFFmpeg/shim.h"

/// libFuzzer finds these by the name of their section.
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[8192];

static void count_message(void *context, int level, const char *format, va_list arguments) {
  uint32_t hash = 2166136261u;
  for (const char *at = format; *at; at++) hash = (hash ^ (uint8_t)*at) * 16777619u;
  uint8_t *counter = &counters[(hash ^ hash >> 16) % sizeof counters];
  if (*counter < 255) ++*counter;
  vc_count_complaint(context, level, format, arguments);
}

void vc_count_messages(void) { av_log_set_callback(count_message); }
