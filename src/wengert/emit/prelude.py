"""Memory of compiled programs: the LLVM text of a few functions that every module begins with.

A *slot* is a pointer and a capacity in bytes. A place in the program that makes a storage has one slot, so a storage
made again and again in a loop takes the memory of the last time. Whatever happens, the end of the program releases
all slots and stacks; nothing else owns memory. Blocks are aligned to 64 bytes, a cache line; what `malloc` returned
stands in the 8 bytes before. Sizes are multiplied by `wengert_product`, where a negative number stands for trouble
(-1 a negative size, -2 more than there can be) and stays.
"""

from __future__ import annotations

__all__ = ["NEGATIVE_SIZE", "PRELUDE"]

NEGATIVE_SIZE = -1

PRELUDE = """\
%Slot = type { ptr, i64 }
declare noalias ptr @malloc(i64)
declare noalias ptr @calloc(i64, i64)
declare noalias ptr @realloc(ptr, i64)
declare void @free(ptr)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare { i64, i1 } @llvm.smul.with.overflow.i64(i64, i64)

define internal i64 @wengert_product(i64 %first, i64 %second) nounwind {
  %trouble = icmp slt i64 %first, 0
  %negative = icmp slt i64 %second, 0
  %both = call { i64, i1 } @llvm.smul.with.overflow.i64(i64 %first, i64 %second)
  %product = extractvalue { i64, i1 } %both, 0
  %overflow = extractvalue { i64, i1 } %both, 1
  %a = select i1 %overflow, i64 -2, i64 %product
  %b = select i1 %negative, i64 -1, i64 %a
  %c = select i1 %trouble, i64 %first, i64 %b
  ret i64 %c
}

define internal ptr @wengert_new(i64 %bytes, i1 %zeroed) noinline nounwind {
  %many = icmp ugt i64 %bytes, 140737488355328
  br i1 %many, label %none, label %some
none:
  ret ptr null
some:
  %padded = add i64 %bytes, 64
  br i1 %zeroed, label %zeros, label %any
zeros:
  %cleared = call ptr @calloc(i64 %padded, i64 1)
  br label %got
any:
  %raw = call ptr @malloc(i64 %padded)
  br label %got
got:
  %memory = phi ptr [ %cleared, %zeros ], [ %raw, %any ]
  %missing = icmp eq ptr %memory, null
  br i1 %missing, label %none, label %align
align:
  %address = ptrtoint ptr %memory to i64
  %down = and i64 %address, -64
  %shift = sub i64 %down, %address
  %forward = add i64 %shift, 64
  %aligned = getelementptr i8, ptr %memory, i64 %forward
  %note = getelementptr i8, ptr %aligned, i64 -8
  store ptr %memory, ptr %note
  ret ptr %aligned
}

define void @wengert_free(ptr %block) noinline nounwind {
  %missing = icmp eq ptr %block, null
  br i1 %missing, label %done, label %some
some:
  %note = getelementptr i8, ptr %block, i64 -8
  %memory = load ptr, ptr %note
  call void @free(ptr %memory)
  br label %done
done:
  ret void
}

define internal ptr @wengert_obtain(ptr %slot, i64 %bytes, i1 %zeroed) noinline nounwind {
  %held = load ptr, ptr %slot
  %capacity_at = getelementptr %Slot, ptr %slot, i64 0, i32 1
  %capacity = load i64, ptr %capacity_at
  %present = icmp ne ptr %held, null
  %enough = icmp ule i64 %bytes, %capacity
  %again = and i1 %present, %enough
  br i1 %again, label %reuse, label %make
reuse:
  br i1 %zeroed, label %clear, label %cleared
clear:
  call void @llvm.memset.p0.i64(ptr align 64 %held, i8 0, i64 %bytes, i1 false)
  br label %cleared
cleared:
  ret ptr %held
make:
  call void @wengert_free(ptr %held)
  %new = call ptr @wengert_new(i64 %bytes, i1 %zeroed)
  store ptr %new, ptr %slot
  store i64 %bytes, ptr %capacity_at
  ret ptr %new
}

define internal void @wengert_release(ptr %slots, i64 %count) noinline nounwind {
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %next, %body ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %body, label %done
body:
  %slot = getelementptr %Slot, ptr %slots, i64 %i
  %held = load ptr, ptr %slot
  call void @wengert_free(ptr %held)
  store ptr null, ptr %slot
  %next = add i64 %i, 1
  br label %head
done:
  ret void
}

define internal void @wengert_release_kept(ptr %blocks, i64 %count) noinline nounwind {
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %next, %body ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %body, label %done
body:
  %at = getelementptr ptr, ptr %blocks, i64 %i
  %block = load ptr, ptr %at
  call void @wengert_free(ptr %block)
  %next = add i64 %i, 1
  br label %head
done:
  call void @free(ptr %blocks)
  ret void
}

define internal ptr @wengert_grow(ptr %data, i64 %capacity, i64 %size) noinline nounwind {
  %bytes = call i64 @wengert_product(i64 %capacity, i64 %size)
  %many = icmp ugt i64 %bytes, 140737488355328
  br i1 %many, label %none, label %some
none:
  ret ptr null
some:
  %grown = call ptr @realloc(ptr %data, i64 %bytes)
  ret ptr %grown
}
"""
