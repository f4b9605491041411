"""A simulated infusion pump with physics, for demonstrations and tests; it never talks to a real pump.

What the pretence leaves out:

| left out | instead |
| --- | --- |
| pump makers' real timing and noise | answers come in one piece, at once; faults are added on request |
| pulsating flow, start-up curves | the rate is constant from the first microsecond; nothing is "transitioning" |
| gradual kinks, back pressure, leaks | a line is open or blocked; a leak is a disconnected line |
| battery chemistry | a battery is a stretch of time, its voltage a straight line |
| doses on request, delays, programmes | one continuous rate, with or without keep-vein-open at the end |
| a log that erases whole flash pages | the oldest entry is overwritten, one at a time |
| Zyno: log entries for air, low container | air reads as upstream occlusion, a low container as a debug entry |
| Zyno: a radio module | its fault reads as a system error, and the line falls silent |
| Zyno: what write and key commands do | refused without an answer and recorded, except for the OK key |
| MQTT: a gateway with a disk | what the pump's log still holds is sent after an outage, nothing else |
"""
