;; Writes one line of 32 MiB to the log.
(module
  (import "saker:plugin/log@0.1.0" "log" (func $log (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 513)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "saker:plugin/descriptor@0.1.0#describe") (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#render") (param i32) (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#sample") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#list-templates") (param i32 i32) (result i32) (local $n i32)
    (call $log (i32.const 2) (i32.const 0) (i32.const 33554432) (i32.const 0) (i32.const 0))
    unreachable
  )
)
