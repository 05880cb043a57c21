"""A wire that holds packets back and loses some of them.

What the kernel sends into one end of a veth pair is taken from the other end, and sent back after
a while with source and destination exchanged. So an address behind the wire leads back to this
machine, by TCP as it is, with its retransmissions. An AF_PACKET socket does it, since it may be
had wherever a network namespace may be made; netem and TUN devices may not.
https://man7.org/linux/man-pages/man7/packet.7.html

Each line `DELAY_MS LOSS_PERCENT` on standard input, for one direction, is answered by `ready`.
It ends with standard input.
"""

import heapq
import random
import select
import socket
import struct
import sys
import time

ETH_P_IP = 0x0800
ETHERNET = 14
TCP = 6
CHECKSUM = 16


def ones_complement_sum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def returned(frame):
    """The frame with source and destination exchanged, or None if it is no TCP.

    The checksum is made here: inside a machine the kernel leaves it to a network card.
    """
    ethernet, packet = frame[:ETHERNET], frame[ETHERNET:]
    header = (packet[0] & 0x0F) * 4
    (length,) = struct.unpack("!H", packet[2:4])
    source, destination = packet[12:16], packet[16:20]
    if packet[9] != TCP:
        return None
    segment = bytearray(packet[header:length])
    segment[CHECKSUM : CHECKSUM + 2] = b"\0\0"
    pseudo = destination + source + struct.pack("!HH", TCP, len(segment))
    total = ones_complement_sum(pseudo + bytes(segment)) ^ 0xFFFF
    segment[CHECKSUM : CHECKSUM + 2] = struct.pack("!H", total)
    addresses = destination + source + packet[20:header]
    return ethernet[6:12] + ethernet[:6] + ethernet[12:] + packet[:12] + addresses + segment


def main(interface):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
    wire.bind((interface, ETH_P_IP))
    chance = random.Random(0)
    delay, loss = 0.0, 0.0
    under_way = []
    print("ready", flush=True)
    while True:
        pause = max(under_way[0][0] - time.monotonic(), 0) if under_way else None
        readable, _, _ = select.select([wire, sys.stdin], [], [], pause)
        if sys.stdin in readable:
            line = sys.stdin.readline()
            if not line:
                return
            delay, loss = (float(word) for word in line.split())
            print("ready", flush=True)
        if wire in readable:
            frame = returned(wire.recv(1 << 17))
            if frame and chance.random() * 100 >= loss:
                heapq.heappush(under_way, (time.monotonic() + delay / 1000, frame))
        while under_way and under_way[0][0] <= time.monotonic():
            wire.send(heapq.heappop(under_way)[1])


main(*sys.argv[1:])
