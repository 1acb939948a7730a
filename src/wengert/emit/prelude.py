"""Memory of compiled programs: the LLVM text of a few functions that all programs of a process call.

A *slot* points to a block of memory, or is null. A place in the program that makes a storage has one slot, so a storage
made again and again in a loop takes the memory of the last time. Whatever happens, the end of the program releases
all slots and stacks; nothing else owns memory. Blocks are aligned to 64 bytes, a cache line; the 16 bytes before hold
their capacity and what `malloc` returned. Where in a page a block begins differs from one to the next: a loop over a
dozen arrays would else have all of them in one set of the cache.

Fresh memory costs far more than using it (the system makes pages of zeros at the first touch: ten times the cost of a
loop over it), so large blocks go back to a *pool* that all programs of the process share (`wengert.runtime.pool`): how
many bytes it holds, the place to be replaced next, and its places. Threads take and put blocks by atomic exchange. A
pool with a *limit* counts what is got from the system through it, and refuses more (`wengert.runtime.ledger`).

Functions that seldom run, or once in a call, are `optnone`: all first calls wait for these functions to be compiled.

Sizes are multiplied by `wengert_product`, where a negative number stands for trouble (-1 a negative size, -2 more than
there can be) and stays.
"""

from __future__ import annotations

import re

from wengert.runtime.pool import FEWEST_BYTES, IN_USE, LIMIT, MOST_BYTES, PEAK, PLACES, REFUSED

__all__ = ["DECLARATIONS", "FUNCTIONS", "NEGATIVE_SIZE", "PRELUDE"]

NEGATIVE_SIZE = -1
_MOST_BYTES_OF_A_BLOCK = 1 << 47
_FIRST_CAPACITY = 64
_LARGEST_CHUNK = 1 << 24
_SMALL_CHUNK = 4096  # where every byte counts
_LINE = 64
_COLOURS = 4096  # bytes of a page: addresses that differ by a multiple of it share one set of the first-level cache
_COLOUR = 5 * 64

_PRODUCT = """\
declare noalias ptr @malloc(i64)
declare noalias ptr @calloc(i64, i64)
declare void @free(ptr)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare { i64, i1 } @llvm.smul.with.overflow.i64(i64, i64)
declare i64 @llvm.umin.i64(i64, i64)
declare i64 @llvm.umax.i64(i64, i64)

define i64 @wengert_product(i64 %first, i64 %second) nounwind willreturn readnone {
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

define i64 @wengert_capacity(ptr %block) nounwind {
  %at = getelementptr i8, ptr %block, i64 -16
  %capacity = load i64, ptr %at
  ret i64 %capacity
}
"""

# What a block takes, with the room for its place in a page and what malloc keeps. A pool with a limit counts that;
# where the limit is met, first what the pool holds goes back to the system.
_CHARGE = f"""
define i64 @wengert_padding(i64 %bytes) nounwind {{
  %coloured = icmp uge i64 %bytes, {2 * _COLOURS}
  %colours = select i1 %coloured, i64 {_COLOURS}, i64 64
  ret i64 %colours
}}

define i64 @wengert_footprint(i64 %bytes) nounwind {{
  %colours = call i64 @wengert_padding(i64 %bytes)
  %padded = add i64 %bytes, %colours
  %whole = add i64 %padded, {_LINE + 16}
  ret i64 %whole
}}

define i1 @wengert_charge(ptr %pool, i64 %bytes) noinline optnone nounwind {{
  %limit_at = getelementptr i64, ptr %pool, i64 {LIMIT}
  %limit = load i64, ptr %limit_at
  %unlimited = icmp eq i64 %limit, 0
  br i1 %unlimited, label %free_of_charge, label %count
free_of_charge:
  ret i1 true
count:
  %used_at = getelementptr i64, ptr %pool, i64 {IN_USE}
  %amount = call i64 @wengert_footprint(i64 %bytes)
  %before = atomicrmw add ptr %used_at, i64 %amount monotonic
  %after = add i64 %before, %amount
  %fits = icmp ule i64 %after, %limit
  br i1 %fits, label %accepted, label %drain
drain:
  call void @wengert_drain(ptr %pool)
  %left = load atomic i64, ptr %used_at monotonic, align 8
  %fits_now = icmp ule i64 %left, %limit
  br i1 %fits_now, label %accepted, label %refused
accepted:
  %now = phi i64 [ %after, %count ], [ %left, %drain ]
  %peak_at = getelementptr i64, ptr %pool, i64 {PEAK}
  %peak = atomicrmw umax ptr %peak_at, i64 %now monotonic
  ret i1 true
refused:
  %without = atomicrmw sub ptr %used_at, i64 %amount monotonic
  %refused_at = getelementptr i64, ptr %pool, i64 {REFUSED}
  store i64 %amount, ptr %refused_at
  ret i1 false
}}

define void @wengert_discharge(ptr %pool, i64 %bytes) noinline optnone nounwind {{
  %limit_at = getelementptr i64, ptr %pool, i64 {LIMIT}
  %limit = load i64, ptr %limit_at
  %unlimited = icmp eq i64 %limit, 0
  br i1 %unlimited, label %done, label %count
count:
  %used_at = getelementptr i64, ptr %pool, i64 {IN_USE}
  %amount = call i64 @wengert_footprint(i64 %bytes)
  %before = atomicrmw sub ptr %used_at, i64 %amount monotonic
  br label %done
done:
  ret void
}}

define void @wengert_drain(ptr %pool) noinline optnone nounwind {{
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %next, %step ]
  %more = icmp ult i64 %i, {PLACES}
  br i1 %more, label %look, label %done
look:
  %index = add i64 %i, 2
  %at = getelementptr i64, ptr %pool, i64 %index
  %taken = atomicrmw xchg ptr %at, i64 0 acquire
  %gone = icmp eq i64 %taken, 0
  br i1 %gone, label %step, label %drop
drop:
  %block = inttoptr i64 %taken to ptr
  call void @wengert_discard_pooled(ptr %pool, ptr %block)
  br label %step
step:
  %next = add i64 %i, 1
  br label %head
done:
  ret void
}}
"""

# Give memory back to the system; the pool's count is lowered where the block was in the pool.
_DISCARD = """
define void @wengert_discard(ptr %pool, ptr %block) noinline optnone nounwind {
  %capacity = call i64 @wengert_capacity(ptr %block)
  call void @wengert_discharge(ptr %pool, i64 %capacity)
  %at = getelementptr i8, ptr %block, i64 -8
  %memory = load ptr, ptr %at
  call void @free(ptr %memory)
  ret void
}

define void @wengert_discard_pooled(ptr %pool, ptr %block) noinline optnone nounwind {
  %capacity = call i64 @wengert_capacity(ptr %block)
  %less = sub i64 0, %capacity
  %held = atomicrmw add ptr %pool, i64 %less monotonic
  call void @wengert_discard(ptr %pool, ptr %block)
  ret void
}
"""

# A block of the pool that is large enough and not much too large (where every byte counts, not at all), or null.
_TAKE = f"""
define ptr @wengert_take(ptr %pool, i64 %bytes) noinline optnone nounwind {{
  %double = shl i64 %bytes, 1
  %limit_at = getelementptr i64, ptr %pool, i64 {LIMIT}
  %limit = load i64, ptr %limit_at
  %unlimited = icmp eq i64 %limit, 0
  %most = select i1 %unlimited, i64 %double, i64 %bytes
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %next, %step ]
  %more = icmp ult i64 %i, {PLACES}
  br i1 %more, label %look, label %none
look:
  %index = add i64 %i, 2
  %at = getelementptr i64, ptr %pool, i64 %index
  %seen = load atomic i64, ptr %at monotonic, align 8
  %nothing = icmp eq i64 %seen, 0
  br i1 %nothing, label %step, label %try
try:
  %taken = atomicrmw xchg ptr %at, i64 0 acquire
  %gone = icmp eq i64 %taken, 0
  br i1 %gone, label %step, label %test
test:
  %block = inttoptr i64 %taken to ptr
  %capacity = call i64 @wengert_capacity(ptr %block)
  %enough = icmp uge i64 %capacity, %bytes
  %close = icmp ule i64 %capacity, %most
  %fits = and i1 %enough, %close
  br i1 %fits, label %found, label %back
back:
  %exchange = cmpxchg ptr %at, i64 0, i64 %taken release monotonic
  %done = extractvalue {{ i64, i1 }} %exchange, 1
  br i1 %done, label %step, label %drop
drop:
  call void @wengert_discard_pooled(ptr %pool, ptr %block)
  br label %step
step:
  %next = add i64 %i, 1
  br label %head
found:
  %less = sub i64 0, %capacity
  %held = atomicrmw add ptr %pool, i64 %less monotonic
  ret ptr %block
none:
  ret ptr null
}}
"""

# Into an empty place; else into the next in turn, whose block is discarded, so that what is never taken goes.
_PUT = f"""
define void @wengert_put(ptr %pool, ptr %block) noinline optnone nounwind {{
  %capacity = call i64 @wengert_capacity(ptr %block)
  %number = ptrtoint ptr %block to i64
  %held = atomicrmw add ptr %pool, i64 %capacity monotonic
  %after = add i64 %held, %capacity
  %many = icmp ugt i64 %after, {MOST_BYTES}
  br i1 %many, label %turn, label %head
head:
  %i = phi i64 [ 0, %0 ], [ %next, %step ]
  %more = icmp ult i64 %i, {PLACES}
  br i1 %more, label %look, label %turn
look:
  %index = add i64 %i, 2
  %at = getelementptr i64, ptr %pool, i64 %index
  %exchange = cmpxchg ptr %at, i64 0, i64 %number release monotonic
  %done = extractvalue {{ i64, i1 }} %exchange, 1
  br i1 %done, label %end, label %step
step:
  %next = add i64 %i, 1
  br label %head
turn:
  %turn_at = getelementptr i64, ptr %pool, i64 1
  %turns = atomicrmw add ptr %turn_at, i64 1 monotonic
  %place = urem i64 %turns, {PLACES}
  %turn_index = add i64 %place, 2
  %victim_at = getelementptr i64, ptr %pool, i64 %turn_index
  %kept = select i1 %many, i64 0, i64 %number
  %victim = atomicrmw xchg ptr %victim_at, i64 %kept acq_rel
  %nobody = icmp eq i64 %victim, 0
  br i1 %nobody, label %own, label %drop
drop:
  %old = inttoptr i64 %victim to ptr
  call void @wengert_discard_pooled(ptr %pool, ptr %old)
  br label %own
own:
  br i1 %many, label %drop_own, label %end
drop_own:
  call void @wengert_discard_pooled(ptr %pool, ptr %block)
  br label %end
end:
  ret void
}}
"""

_NEW = f"""
@wengert_colours = internal global i64 0

define ptr @wengert_new(ptr %pool, i64 %bytes, i1 %zeroed) noinline optnone nounwind {{
  %many = icmp ugt i64 %bytes, {_MOST_BYTES_OF_A_BLOCK}
  br i1 %many, label %none, label %some
none:
  ret ptr null
some:
  %large = icmp uge i64 %bytes, {FEWEST_BYTES}
  br i1 %large, label %again, label %fresh
again:
  %used = call ptr @wengert_take(ptr %pool, i64 %bytes)
  %unused = icmp eq ptr %used, null
  br i1 %unused, label %fresh, label %reuse
reuse:
  br i1 %zeroed, label %clear, label %cleared
clear:
  call void @llvm.memset.p0.i64(ptr align 64 %used, i8 0, i64 %bytes, i1 false)
  br label %cleared
cleared:
  ret ptr %used
fresh:
  %allowed = call i1 @wengert_charge(ptr %pool, i64 %bytes)
  br i1 %allowed, label %get, label %none
get:
  %colours = call i64 @wengert_padding(i64 %bytes)
  %padding = add i64 %colours, 64
  %padded = add i64 %bytes, %padding
  br i1 %zeroed, label %zeros, label %any
zeros:
  %zero = call ptr @calloc(i64 %padded, i64 1)
  br label %got
any:
  %raw = call ptr @malloc(i64 %padded)
  br label %got
got:
  %memory = phi ptr [ %zero, %zeros ], [ %raw, %any ]
  %missing = icmp eq ptr %memory, null
  br i1 %missing, label %lacking, label %align
lacking:
  call void @wengert_discharge(ptr %pool, i64 %bytes)
  br label %none
align:
  %address = ptrtoint ptr %memory to i64
  %down = and i64 %address, -64
  %shift = sub i64 %down, %address
  %turns = atomicrmw add ptr @wengert_colours, i64 {_COLOUR} monotonic
  %colour = urem i64 %turns, %colours
  %line = add i64 %shift, 64
  %forward = add i64 %line, %colour
  %aligned = getelementptr i8, ptr %memory, i64 %forward
  %capacity_at = getelementptr i8, ptr %aligned, i64 -16
  store i64 %bytes, ptr %capacity_at
  %memory_at = getelementptr i8, ptr %aligned, i64 -8
  store ptr %memory, ptr %memory_at
  ret ptr %aligned
}}

define void @wengert_free(ptr %pool, ptr %block) noinline optnone nounwind {{
  %missing = icmp eq ptr %block, null
  br i1 %missing, label %done, label %some
some:
  %capacity = call i64 @wengert_capacity(ptr %block)
  %large = icmp uge i64 %capacity, {FEWEST_BYTES}
  br i1 %large, label %keep, label %drop
keep:
  call void @wengert_put(ptr %pool, ptr %block)
  ret void
drop:
  call void @wengert_discard(ptr %pool, ptr %block)
  ret void
done:
  ret void
}}
"""

_SLOTS = """
define ptr @wengert_obtain(ptr %pool, ptr %slot, i64 %bytes, i1 %zeroed) noinline nounwind {
  %held = load ptr, ptr %slot
  %absent = icmp eq ptr %held, null
  br i1 %absent, label %make, label %present
present:
  %capacity = call i64 @wengert_capacity(ptr %held)
  %enough = icmp ule i64 %bytes, %capacity
  br i1 %enough, label %reuse, label %make
reuse:
  br i1 %zeroed, label %clear, label %cleared
clear:
  call void @llvm.memset.p0.i64(ptr align 64 %held, i8 0, i64 %bytes, i1 false)
  br label %cleared
cleared:
  ret ptr %held
make:
  call void @wengert_free(ptr %pool, ptr %held)
  %new = call ptr @wengert_new(ptr %pool, i64 %bytes, i1 %zeroed)
  store ptr %new, ptr %slot
  ret ptr %new
}

define void @wengert_release(ptr %pool, ptr %slots, i64 %count) noinline optnone nounwind {
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %next, %body ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %body, label %done
body:
  %slot = getelementptr ptr, ptr %slots, i64 %i
  %held = load ptr, ptr %slot
  call void @wengert_free(ptr %pool, ptr %held)
  store ptr null, ptr %slot
  %next = add i64 %i, 1
  br label %head
done:
  ret void
}

define ptr @wengert_grow(ptr %pool, ptr %data, i64 %used, i64 %capacity, i64 %size) noinline optnone nounwind {
  %bytes = call i64 @wengert_product(i64 %capacity, i64 %size)
  %grown = call ptr @wengert_new(ptr %pool, i64 %bytes, i1 false)
  %missing = icmp eq ptr %grown, null
  br i1 %missing, label %end, label %copy
copy:
  %old_bytes = mul i64 %used, %size
  call void @llvm.memcpy.p0.p0.i64(ptr %grown, ptr %data, i64 %old_bytes, i1 false)
  call void @wengert_free(ptr %pool, ptr %data)
  br label %end
end:
  ret ptr %grown
}
"""

# A stack of scalars is three numbers in registers: its memory, its top, its capacity.
_SCALAR_STACKS = f"""
define {{ ptr, i64 }} @wengert_enlarge(ptr %pool, ptr %old, i64 %top, i64 %room, i64 %size) noinline optnone nounwind {{
  %few = icmp slt i64 %room, {_FIRST_CAPACITY}
  %capacity = select i1 %few, i64 {_FIRST_CAPACITY}, i64 %room
  %grown = call ptr @wengert_grow(ptr %pool, ptr %old, i64 %top, i64 %capacity, i64 %size)
  %missing = icmp eq ptr %grown, null
  br i1 %missing, label %none, label %some
none:
  ret {{ ptr, i64 }} zeroinitializer
some:
  %bytes = call i64 @wengert_capacity(ptr %grown)
  %places = udiv i64 %bytes, %size
  %first = insertvalue {{ ptr, i64 }} poison, ptr %grown, 0
  %both = insertvalue {{ ptr, i64 }} %first, i64 %places, 1
  ret {{ ptr, i64 }} %both
}}
"""

# A stack of arrays is a record of three numbers: its last chunk of memory, how much of that is used, and where the last
# array in it begins (0 for none). In front of each chunk lie these three numbers as they were before it, in front of
# each array where the one before it begins. So to keep an array costs nothing but the use of memory.
_KEPT = f"""
define i1 @wengert_extend(ptr %pool, ptr %stack, i64 %bytes, i64 %capacity) noinline optnone nounwind {{
  %double = shl i64 %capacity, 1
  %bounded = call i64 @llvm.umin.i64(i64 %double, i64 {_LARGEST_CHUNK})
  %several = call i64 @llvm.umax.i64(i64 %bounded, i64 {FEWEST_BYTES})
  %limit_at = getelementptr i64, ptr %pool, i64 {LIMIT}
  %limit = load i64, ptr %limit_at
  %unlimited = icmp eq i64 %limit, 0
  %usual = select i1 %unlimited, i64 %several, i64 {_SMALL_CHUNK}
  %needed = add i64 %bytes, {_LINE}
  %wanted = call i64 @llvm.umax.i64(i64 %usual, i64 %needed)
  %chunk = call ptr @wengert_new(ptr %pool, i64 %wanted, i1 false)
  %missing = icmp eq ptr %chunk, null
  br i1 %missing, label %none, label %some
some:
  call void @llvm.memcpy.p0.p0.i64(ptr %chunk, ptr %stack, i64 24, i1 false)
  %used_at = getelementptr i64, ptr %stack, i64 1
  %last_at = getelementptr i64, ptr %stack, i64 2
  store ptr %chunk, ptr %stack
  store i64 {_LINE}, ptr %used_at
  store i64 0, ptr %last_at
  ret i1 true
none:
  ret i1 false
}}

define ptr @wengert_keep(ptr %pool, ptr %stack, i64 %bytes, i1 %zeroed) noinline nounwind {{
  %many = icmp ugt i64 %bytes, {_MOST_BYTES_OF_A_BLOCK}
  br i1 %many, label %none, label %some
some:
  %used_at = getelementptr i64, ptr %stack, i64 1
  %last_at = getelementptr i64, ptr %stack, i64 2
  %padded = add i64 %bytes, {2 * _LINE - 1}
  %size = and i64 %padded, -{_LINE}
  %chunk = load ptr, ptr %stack
  %absent = icmp eq ptr %chunk, null
  br i1 %absent, label %extend, label %present
present:
  %capacity = call i64 @wengert_capacity(ptr %chunk)
  %used = load i64, ptr %used_at
  %after = add i64 %used, %size
  %fits = icmp ule i64 %after, %capacity
  br i1 %fits, label %room, label %extend
extend:
  %old = phi i64 [ 0, %some ], [ %capacity, %present ]
  %extended = call i1 @wengert_extend(ptr %pool, ptr %stack, i64 %size, i64 %old)
  br i1 %extended, label %room, label %none
room:
  %owner = load ptr, ptr %stack
  %start = load i64, ptr %used_at
  %last = load i64, ptr %last_at
  %line = getelementptr i8, ptr %owner, i64 %start
  store i64 %last, ptr %line
  %end = add i64 %start, %size
  store i64 %end, ptr %used_at
  store i64 %start, ptr %last_at
  %array = getelementptr i8, ptr %line, i64 {_LINE}
  br i1 %zeroed, label %clear, label %done
clear:
  call void @llvm.memset.p0.i64(ptr align {_LINE} %array, i8 0, i64 %bytes, i1 false)
  br label %done
done:
  ret ptr %array
none:
  ret ptr null
}}

define ptr @wengert_recall(ptr %pool, ptr %stack) noinline nounwind {{
  %used_at = getelementptr i64, ptr %stack, i64 1
  %last_at = getelementptr i64, ptr %stack, i64 2
  br label %head
head:
  %chunk = load ptr, ptr %stack
  %last = load i64, ptr %last_at
  %empty = icmp eq i64 %last, 0
  br i1 %empty, label %back, label %found
back:
  call void @llvm.memcpy.p0.p0.i64(ptr %stack, ptr %chunk, i64 24, i1 false)
  call void @wengert_free(ptr %pool, ptr %chunk)
  br label %head
found:
  %line = getelementptr i8, ptr %chunk, i64 %last
  %before = load i64, ptr %line
  store i64 %last, ptr %used_at
  store i64 %before, ptr %last_at
  %array = getelementptr i8, ptr %line, i64 {_LINE}
  ret ptr %array
}}

define void @wengert_release_stacks(ptr %pool, ptr %stacks, i64 %count) noinline optnone nounwind {{
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %next, %after ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %stack, label %done
stack:
  %at = getelementptr [3 x i64], ptr %stacks, i64 %i
  %first = load ptr, ptr %at
  br label %chunks
chunks:
  %chunk = phi ptr [ %first, %stack ], [ %before, %free ]
  %none = icmp eq ptr %chunk, null
  br i1 %none, label %after, label %free
free:
  %before = load ptr, ptr %chunk
  call void @wengert_free(ptr %pool, ptr %chunk)
  br label %chunks
after:
  %next = add i64 %i, 1
  br label %head
done:
  ret void
}}
"""

PRELUDE = _PRODUCT + _CHARGE + _DISCARD + _TAKE + _PUT + _NEW + _SLOTS + _SCALAR_STACKS + _KEPT

DECLARATIONS = "\n".join(
    [
        "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)",
        *(f"declare {header}" for header in re.findall(r"^define (.*) \{", PRELUDE, re.MULTILINE)),
    ]
)
"""What a module says of the functions."""

FUNCTIONS = tuple(re.findall(r"^define .* @(\w+)\(", PRELUDE, re.MULTILINE))
"""Their names."""
