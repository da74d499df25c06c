// Adeunis TEMP: byte 0 says what the frame is, byte 1 is the status, numbers are big-endian and in tenths of a degree.
var FAULT = -0x8000;

function int16(bytes, from) {
  return ((bytes[from] << 24) | (bytes[from + 1] << 16)) >> 16;
}

function readSensor(bytes, from) {
  var tenths = int16(bytes, from + 1);
  var sensor = { id: bytes[from] >> 4, type: bytes[from] & 0x0f };
  if (tenths !== FAULT) sensor.temperature = { value: tenths / 10, unit: '°C' };
  return sensor;
}

function thresholds(bytes) {
  return {
    high: { value: int16(bytes, 2) / 10, unit: '°C' },
    high_hysteresis: { value: bytes[4] / 10, unit: '°C' },
    low: { value: int16(bytes, 5) / 10, unit: '°C' },
    low_hysteresis: { value: bytes[7] / 10, unit: '°C' },
  };
}

function productConfiguration(bytes) {
  return {
    frame: 'configuration',
    keep_alive: { value: bytes[2] / 6, unit: 'h' },
    mode: bytes[3] === 0 ? 'event' : 'periodic',
    period: { value: bytes[3] * 10, unit: 'min' },
    internal: { id: bytes[4] >> 4, events: bytes[5] },
    external: { id: bytes[6] >> 4, events: bytes[7], type: bytes[9] },
    product_mode: bytes[8],
    acquisition: { value: bytes[10], unit: 'min' },
  };
}

// By byte 0: the bytes of a frame, and what reads it.
var FRAMES = {
  0x10: [11, productConfiguration],
  0x11: [9, function (bytes) { return { frame: 'internal thresholds', internal: thresholds(bytes), oversampling: bytes[8] }; }],
  0x12: [8, function (bytes) { return { frame: 'external thresholds', external: thresholds(bytes) }; }],
  0x20: [3, function (bytes) { return { frame: 'network', repetitions: bytes[2] }; }],
  0x30: [8, function (bytes) { return { frame: 'keep alive', internal: readSensor(bytes, 2), external: readSensor(bytes, 5) }; }],
  0x43: [8, function (bytes) { return { frame: 'data', internal: readSensor(bytes, 2), external: readSensor(bytes, 5) }; }],
};

function decodeUplink(input) {
  var bytes = input.bytes;
  var frame = FRAMES[bytes[0]];
  if (!frame) return { errors: ['unknown frame ' + bytes[0]] };
  if (bytes.length < frame[0]) return { errors: ['this frame has ' + frame[0] + ' bytes'] };
  var data = frame[1](bytes);
  var warnings = ['internal', 'external'].filter(function (name) {
    return (bytes[0] === 0x30 || bytes[0] === 0x43) && !data[name].temperature;
  }).map(function (name) { return 'the ' + name + ' sensor has a fault'; });
  return { data: data, warnings: warnings };
}
