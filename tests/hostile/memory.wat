;; Takes all memory there is and touches every page.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "saker:plugin/descriptor@0.1.0#describe") (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#render") (param i32) (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#sample") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#list-templates") (param i32 i32) (result i32) (local $n i32)
    (loop $more
      (local.set $n (memory.grow (i32.const 16)))
      (if (i32.ne (local.get $n) (i32.const -1))
        (then
          (memory.fill (i32.mul (local.get $n) (i32.const 65536)) (i32.const 7) (i32.const 1048576))
          (br $more))))
    unreachable
  )
)
