// What is worked out of two numbers, by its sign: in expressions, and in columns made of two others.

export const ARITHMETIC = {
  "+": (a: number, b: number): number => a + b,
  "-": (a: number, b: number): number => a - b,
  "*": (a: number, b: number): number => a * b,
  "/": (a: number, b: number): number => a / b,
  "%": (a: number, b: number): number => a % b,
  "**": (a: number, b: number): number => a ** b,
};
