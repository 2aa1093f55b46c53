;; Wants 100 MiB to begin with.
(module
  (memory (export "memory") 1600)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "saker:plugin/descriptor@0.1.0#describe") (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#render") (param i32) (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#sample") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#list-templates") (param i32 i32) (result i32) (local $n i32)
    i32.const 0
  )
)
