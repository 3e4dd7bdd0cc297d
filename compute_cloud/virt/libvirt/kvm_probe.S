# The guest of kvm_probe.py: a 64 KiB ROM in place of the firmware.
# Assemble:  as --64 kvm_probe.S -o probe.o && ld -Ttext 0 -e 0 --oformat binary -o probe.rom probe.o
#
# It goes the way of every kernel, from real mode by protected mode to long mode, and does there what
# a hypervisor that only interprets its guests cannot: a 16-byte compare-and-exchange, x87 and SSE state
# saved and restored, and fifty million turns of a loop. Then it says on the first serial port how it went.
.code16
.org 0
start:
    cli
    xorw %ax,%ax
    movw %ax,%ds
    movw %ax,%es
    movw %ax,%ss
    movw $0x7000,%sp
    pushfw
    pushw %cs
    pushw $returned16
    iretw
returned16:
    cld                       # page tables: 0x1000 -> 0x2000 -> 0x3000, the first 2 MiB as they are
    movw $0x1000,%di
    movw $0x3000,%cx
    xorb %al,%al
    rep stosb
    movl $0x2003,0x1000
    movl $0x3003,0x2000
    movl $0x83,0x3000
    lgdtl %cs:gdtr
    movl $1,%eax              # PE
    movl %eax,%cr0
    ljmpl $0x10,$(0xf0000+protected)
.code32
protected:
    movw $0x18,%ax
    movw %ax,%ds
    movw %ax,%es
    movw %ax,%ss
    movl $0x7000,%esp
    movl $0x620,%eax          # PAE, OSFXSR, OSXMMEXCPT
    movl %eax,%cr4
    movl $0x1000,%eax
    movl %eax,%cr3
    movl $0xc0000080,%ecx
    rdmsr
    orl $0x100,%eax           # LME
    wrmsr
    movl $0x80000011,%eax     # PG, ET, PE
    movl %eax,%cr0
    ljmpl $8,$(0xf0000+long)
.code64
long:
    xorl %eax,%eax
    movl %eax,%ds
    movl %eax,%es
    movl %eax,%ss
    movl $0x7000,%esp
    movl %esp,%ebp
    pushq $0
    pushq %rbp
    pushfq
    pushq $8
    leaq returned64(%rip),%rax
    pushq %rax
    iretq
returned64:
    movl $0x8000,%ebx
    movq $0,(%rbx)
    movq $0,8(%rbx)
    movl %ebx,%edi
    xorl %eax,%eax
    xorl %edx,%edx
    movl $1,%ebx
    movl $2,%ecx
    lock cmpxchg16b (%rdi)
    jnz failed
    movl $0x8200,%edi
    fninit
    fld1
    pcmpeqd %xmm0,%xmm0
    fxsave (%rdi)
    pxor %xmm0,%xmm0
    fxrstor (%rdi)
    movq %xmm0,%rax
    incq %rax
    jnz failed
    movl $50000000,%ecx
turn:
    decl %ecx
    jnz turn
    leaq runs(%rip),%rsi
    jmp say
failed:
    leaq fails(%rip),%rsi
say:
    movw $0x3f8,%dx
next:
    lodsb
    testb %al,%al
    jz rest
    outb %al,%dx
    jmp next
rest:
    hlt
    jmp rest
runs:  .asciz "GUEST RUNS\n"
fails: .asciz "GUEST FAILS\n"
.balign 8
gdt:   .quad 0                # "accessed" is set in each: the processor would write it, and this is a ROM
       .quad 0x00af9b000000ffff
       .quad 0x00cf9b000000ffff
       .quad 0x00cf93000000ffff
gdtr:  .word 31
       .long 0xf0000+gdt
.org 0xfff0
.code16
    ljmpw $0xf000,$start
.org 0xffff
.byte 0
