// out: 0.30000000000000004 0.30 1e+21 NaN
console.log(0.1 + 0.2, (0.1 + 0.2).toFixed(2), 1e21, NaN);
