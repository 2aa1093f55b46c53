;; Returns a thousand templates whose five texts are the same mebibyte: 5 GB when copied.
(module
  (memory (export "memory") 64)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "saker:plugin/descriptor@0.1.0#describe") (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#render") (param i32) (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#sample") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "saker:plugin/reply-renderer@0.1.0#list-templates") (param i32 i32) (result i32) (local $n i32)
    (loop $more
      (i32.store (i32.add (i32.const 2097152) (i32.mul (local.get $n) (i32.const 8))) (i32.const 0))
      (i32.store (i32.add (i32.const 2097156) (i32.mul (local.get $n) (i32.const 8))) (i32.const 1048576))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $n) (i32.const 5000))))
    (i32.store (i32.const 3145728) (i32.const 2097152))
    (i32.store (i32.const 3145732) (i32.const 1000))
    i32.const 3145728
  )
)
