;; Returns a list beyond its memory.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "saker:plugin/descriptor@0.1.0#describe") (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#render") (param i32) (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#sample") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#list-templates") (param i32 i32) (result i32) (local $n i32)
    (i32.store (i32.const 16) (i32.const 2147483640))
    (i32.store (i32.const 20) (i32.const 1000))
    i32.const 16
  )
)
