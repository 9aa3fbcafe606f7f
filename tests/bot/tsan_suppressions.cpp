// Read by ThreadSanitizer's runtime at start; without it nobody calls this.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
/// Asio counts references to executors with a release decrement and an acquire fence. That is
/// correct, but ThreadSanitizer knows no fences and takes the last owner's delete for a race.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
    return "race:boost::asio::execution::detail::shared_target_executor\n"
           "race:boost::asio::execution::detail::any_executor_base::destroy_shared\n";
}
#endif
#endif
