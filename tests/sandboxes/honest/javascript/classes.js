// out: Rex barks
class Animal { constructor(name) { this.name = name; } speak() { return `${this.name} is silent`; } }
class Dog extends Animal { #sound = "barks"; speak() { return `${this.name} ${this.#sound}`; } }
console.log(new Dog("Rex").speak());
